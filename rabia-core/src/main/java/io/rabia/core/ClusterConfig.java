package io.rabia.core;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What all members of a cluster are told alike by their operator: its name, secret, window and the
 * initial members, in the order of the list. The replicated configuration grows out of it.
 * Immutable and thread-safe; {@link #toString} hides the secret.
 */
public final class ClusterConfig {

  private static final int MAX_HOST = 255;

  /** A member and where its peers reach it; the host is resolved at every connection attempt. */
  public record Member(NodeId id, String host, int port) {
    public Member {
      if (host.isBlank() || host.length() > MAX_HOST || port < 0 || port > 65535) {
        throw new RabiaException.Validation(
            "member " + id + " has no valid address: " + host + ":" + port);
      }
    }

    @Override
    public String toString() {
      return id + "=" + host + ":" + port;
    }
  }

  public static final int MAX_MEMBERS = 64;
  public static final int MIN_ALPHA = 8;
  public static final int MAX_ALPHA = 4096;

  /**
   * A name, an IPv4 address, or an IPv6 address in brackets: no wrong separator hides in a host.
   */
  private static final Pattern HOST = Pattern.compile("[\\w.-]+|\\[[\\w.:%-]+]");

  private final String name;
  private final byte[] secret;
  private final int alpha;
  private final List<Member> members;

  private ClusterConfig(Builder builder) {
    name = builder.name;
    secret = builder.secret.clone();
    alpha = builder.alpha;
    members = List.copyOf(builder.members);
    if (name.isBlank() || name.getBytes(StandardCharsets.UTF_8).length > 255) {
      throw new RabiaException.Validation("cluster name must have 1 to 255 bytes");
    }
    if (alpha < MIN_ALPHA || alpha > MAX_ALPHA) {
      throw new RabiaException.Validation("alpha must be 8 to 4096: " + alpha);
    }
    if (members.isEmpty() || members.size() > MAX_MEMBERS) {
      throw new RabiaException.Validation("a cluster has 1 to 64 members: " + members.size());
    }
    long distinct = members.stream().map(Member::id).distinct().count();
    if (distinct != members.size()) {
      throw new RabiaException.Validation("a member id stands twice in " + members);
    }
  }

  /** {@code 1=host:port,2=host:port,...} with the defaults for everything else. */
  public static ClusterConfig parse(String members) {
    return builder().members(members).build();
  }

  public static Builder builder() {
    return new Builder();
  }

  public String name() {
    return name;
  }

  public byte[] secret() {
    return secret.clone();
  }

  /** The window: how many slots above the applied prefix may be open. */
  public int alpha() {
    return alpha;
  }

  /** In the order of the list; the first one founds the cluster. */
  public List<Member> members() {
    return members;
  }

  public Optional<Member> member(NodeId id) {
    return members.stream().filter(m -> m.id().equals(id)).findFirst();
  }

  @Override
  public String toString() {
    return "ClusterConfig[name="
        + name
        + ", secret=***, alpha="
        + alpha
        + ", members="
        + members
        + "]";
  }

  /** Collects a {@link ClusterConfig}; not thread-safe. */
  public static final class Builder {
    private String name = "rabia";
    private byte[] secret = new byte[0];
    private int alpha = 128;
    private final List<Member> members = new ArrayList<>();

    private Builder() {}

    /** Keeps clusters apart that reach each other by mistake. Default {@code rabia}. */
    public Builder name(String name) {
      this.name = name;
      return this;
    }

    /** Keys the common coin, so that no outsider can predict it. Default empty. */
    public Builder secret(byte[] secret) {
      this.secret = secret.clone();
      return this;
    }

    /** Slots, 8 to 4096. Default 128. Larger hides more latency and holds more memory. */
    public Builder alpha(int alpha) {
      this.alpha = alpha;
      return this;
    }

    public Builder member(NodeId id, String host, int port) {
      members.add(new Member(id, host, port));
      return this;
    }

    /** Adds {@code 1=host:port,2=[v6]:port,...}. */
    public Builder members(String list) {
      for (String item : list.split(",", -1)) {
        int equals = item.indexOf('=');
        int colon = item.lastIndexOf(':');
        try {
          if (equals < 1 || colon < equals + 2) {
            throw new IllegalArgumentException();
          }
          String host = item.substring(equals + 1, colon).trim();
          if (!HOST.matcher(host).matches()) {
            throw new IllegalArgumentException();
          }
          member(
              NodeId.of(Integer.parseInt(item.substring(0, equals).trim())),
              host,
              Integer.parseInt(item.substring(colon + 1).trim()));
        } catch (IllegalArgumentException e) {
          throw new RabiaException.Validation("not id=host:port: '" + item.trim() + "'");
        }
      }
      return this;
    }

    public ClusterConfig build() {
      return new ClusterConfig(this);
    }
  }
}
