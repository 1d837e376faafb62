package io.rabia.network.client;

import io.rabia.core.ClusterConfig;
import io.rabia.core.RabiaException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The servers that a client knows: first those that it was given, which stay, then those that the
 * servers it is connected to name as members, until they name them no more. Belongs to the event
 * loop, except {@link #given} and {@link #addresses}.
 */
final class KnownServers {
  private final Function<HostPort, ServerLink> links;
  private final int maxInFlight;
  private final List<ServerLink> given;
  private final List<ServerLink> all;
  private volatile List<String> addresses;

  KnownServers(List<HostPort> servers, Function<HostPort, ServerLink> links, int maxInFlight) {
    this.links = links;
    this.maxInFlight = maxInFlight;
    given = servers.stream().map(links).toList();
    all = new ArrayList<>(given);
    addresses = texts(given);
  }

  private static List<String> texts(List<ServerLink> of) {
    return of.stream().map(link -> link.address.toString()).toList();
  }

  /** In the order in which they were given. */
  List<ServerLink> given() {
    return given;
  }

  List<ServerLink> all() {
    return all;
  }

  /** Of what becomes known or forgotten meanwhile one may be left out. */
  void forEach(Consumer<ServerLink> action) {
    for (int i = 0; i < all.size(); i++) {
      action.accept(all.get(i));
    }
  }

  List<String> addresses() {
    return addresses;
  }

  /** This one, or for one that is not known any more another one. */
  ServerLink known(ServerLink link) {
    return all.get(indexOf(link));
  }

  private int indexOf(ServerLink link) {
    return Math.max(0, all.indexOf(link));
  }

  ServerLink after(ServerLink link) {
    return all.get((indexOf(link) + 1) % all.size());
  }

  private boolean hasRoom(ServerLink link) {
    return link.usable() && link.onWire.size() < maxInFlight;
  }

  /** It is there, has few enough requests, and has taken what was written to it. */
  boolean takesMore(ServerLink link) {
    return hasRoom(link) && !link.backedUp();
  }

  /**
   * The first one from the wanted one on that is there and has few enough requests. Null when there
   * is none, and then all are connected to, or when it has to take first what was written to it.
   */
  @Nullable ServerLink choose(ServerLink wanted, long now) {
    if (!wanted.usable()) {
      wanted.connectIfDue(now);
    }
    int first = indexOf(wanted);
    for (int i = 0; i < all.size(); i++) {
      ServerLink link = all.get((first + i) % all.size());
      if (hasRoom(link)) {
        return link.backedUp() ? null : link;
      }
    }
    connectAll(now);
    return null;
  }

  /**
   * Another one that takes more and can serve; null when there is none, and all are connected to.
   */
  @Nullable ServerLink otherThan(ServerLink one, long now) {
    int first = indexOf(one);
    for (int i = 1; i < all.size(); i++) {
      ServerLink link = all.get((first + i) % all.size());
      if (takesMore(link) && !link.doubted) {
        return link;
      }
    }
    connectAll(now);
    return null;
  }

  /** Why servers cannot be reached that the request could have gone to. */
  String failures(ClientRequest request) {
    StringBuilder failures = new StringBuilder();
    for (ServerLink link : all) {
      RabiaException failure = link.lastFailure();
      if (failure != null && (!request.onlyThere || link == request.server)) {
        failures.append("; ").append(failure.getMessage());
      }
    }
    return failures.toString();
  }

  private void connectAll(long now) {
    forEach(link -> link.connectIfDue(now));
  }

  /**
   * Takes in what the servers say that are connected now. One that is behind names members that are
   * gone, so what any of them names counts.
   *
   * @return the links that are not known any more; none of them is connected
   */
  List<ServerLink> learn() {
    List<ClusterConfig.Member> named =
        all.stream().flatMap(link -> link.members().stream()).distinct().toList();
    if (named.isEmpty()) {
      return List.of();
    }
    for (ClusterConfig.Member member : named) {
      HostPort address = new HostPort(member.host(), member.port());
      if (member.port() != 0 && all.stream().noneMatch(link -> reaches(link, member, address))) {
        ServerLink link = links.apply(address);
        link.nodeId(member.id().value());
        all.add(link);
      }
    }
    all.forEach(link -> link.stranger = named.stream().noneMatch(member -> names(member, link)));
    List<ServerLink> dropped =
        all.subList(given.size(), all.size()).stream()
            .filter(link -> link.stranger && link.idle())
            .toList();
    all.removeAll(dropped);
    addresses = texts(all);
    return dropped;
  }

  /** There may be several names for the address of a server. */
  private static boolean reaches(ServerLink link, ClusterConfig.Member member, HostPort address) {
    return link.address.equals(address) || link.usable() && link.nodeId() == member.id().value();
  }

  private boolean names(ClusterConfig.Member member, ServerLink link) {
    boolean anyName = member.port() == 0 || given.contains(link);
    boolean same =
        link.address.port() == member.port() && link.address.host().equals(member.host());
    return same || anyName && link.nodeId() == member.id().value();
  }
}
