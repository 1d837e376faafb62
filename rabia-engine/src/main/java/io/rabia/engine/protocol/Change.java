package io.rabia.engine.protocol;

import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.RabiaException.ChangeRefused;
import io.rabia.core.RabiaException.ChangeRefused.Reason;
import io.rabia.core.Token;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A command that changes the configuration, as it stands in the log. Immutable.
 *
 * @param epoch the configuration that it was made for: refused for another one
 * @param alpha the window from then on
 * @param members all of them, in the order that lanes will have
 */
@Internal
public record Change(long epoch, int alpha, List<Entry> members) {

  /** One who is to be a member; the token is one that is a member, or never was one. */
  public record Entry(NodeId id, Token token, String host, int port) {}

  private static final int MAX_MEMBERS = 64;
  private static final int MIN_ALPHA = 8;
  private static final int MAX_ALPHA = 4096;

  public Change {
    members = List.copyOf(members);
  }

  /**
   * A member comes back under another token, with nothing known of what it said under the former
   * one.
   */
  public static Change reincarnation(Configuration now, Token former, Token token) {
    List<Entry> members = new ArrayList<>();
    for (Configuration.Member member : now.members()) {
      Token taken = member.token().equals(former) ? token : member.token();
      members.add(new Entry(member.id(), taken, member.host(), member.port()));
    }
    return new Change(now.epoch(), now.alpha(), members);
  }

  /**
   * What can be said of a change without the history.
   *
   * @throws ChangeRefused when it cannot follow this configuration
   */
  public static void judge(Change change, Configuration now) {
    if (change.epoch() != now.epoch()) {
      throw new ChangeRefused(
          Reason.STALE, "made for epoch " + change.epoch() + ", now it is " + now.epoch());
    }
    Set<Object> distinct = new HashSet<>();
    for (Change.Entry entry : change.members()) {
      if (!distinct.add(entry.id()) || !distinct.add(entry.token())) {
        throw new ChangeRefused(Reason.INVALID, "member " + entry.id() + " is there twice");
      }
      if (entry.token().equals(Token.NONE)) {
        throw new ChangeRefused(Reason.INVALID, "member " + entry.id() + " has no token");
      }
    }
    int count = change.members().size();
    if (count < 1 || count > MAX_MEMBERS) {
      throw new ChangeRefused(Reason.INVALID, count + " members; a cluster has 1 to 64");
    }
    if (change.alpha() < MIN_ALPHA || change.alpha() > MAX_ALPHA) {
      throw new ChangeRefused(Reason.INVALID, "alpha must be 8 to 4096: " + change.alpha());
    }
  }

  /** The payload of the command. */
  public byte[] encode() {
    int size = 8 + 4 + 1;
    for (Entry entry : members) {
      size += 2 + 16 + 2 + entry.host().getBytes(StandardCharsets.UTF_8).length + 4;
    }
    ByteBuffer out = ByteBuffer.allocate(size);
    out.putLong(epoch).putInt(alpha).put((byte) members.size());
    for (Entry entry : members) {
      byte[] host = entry.host().getBytes(StandardCharsets.UTF_8);
      out.putShort((short) entry.id().value());
      out.putLong(entry.token().high()).putLong(entry.token().low());
      out.putShort((short) host.length).put(host).putInt(entry.port());
    }
    return out.array();
  }

  /**
   * @throws RabiaException.Serialization when the bytes are no change
   */
  public static Change decode(ByteBuffer in) {
    try {
      long epoch = in.getLong();
      int alpha = in.getInt();
      int count = in.get();
      if (count < 0 || count > MAX_MEMBERS) {
        throw new RabiaException.Serialization("a change to " + count + " members");
      }
      List<Entry> members = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        NodeId id = NodeId.of(in.getShort() & 0xFFFF);
        Token token = new Token(in.getLong(), in.getLong());
        byte[] host = new byte[in.getShort()];
        in.get(host);
        members.add(new Entry(id, token, new String(host, StandardCharsets.UTF_8), in.getInt()));
      }
      return new Change(epoch, alpha, members);
    } catch (BufferUnderflowException | NegativeArraySizeException | IllegalArgumentException e) {
      throw new RabiaException.Serialization("malformed change of the configuration");
    }
  }
}
