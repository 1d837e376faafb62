package io.rabia.kvstore.server.cli;

import io.rabia.testing.StreamConditions;
import io.rabia.testing.TcpProxy;
import io.rabia.testing.TcpProxy.Direction;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** A proxy between each two members: the one with the lower id is told its address. Thread-safe. */
final class Proxies implements Links {
  private record Pair(int low, int high) {
    boolean has(int id) {
      return low == id || high == id;
    }
  }

  private final Map<Pair, TcpProxy> proxies = new ConcurrentHashMap<>();

  @Override
  public String route(int from, int to, String address) {
    if (from >= to) {
      return address;
    }
    InetSocketAddress proxy =
        proxies.computeIfAbsent(new Pair(from, to), pair -> TcpProxy.to(parse(address))).address();
    return "127.0.0.1:" + proxy.getPort();
  }

  private static InetSocketAddress parse(String address) {
    int colon = address.lastIndexOf(':');
    return new InetSocketAddress(
        address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
  }

  /** The one between two members. */
  TcpProxy between(int a, int b) {
    return proxies.get(new Pair(Math.min(a, b), Math.max(a, b)));
  }

  /** What happens from now on to what one member sends to another. */
  void set(int from, int to, StreamConditions conditions) {
    between(from, to).set(direction(from, to), conditions);
  }

  /** The way of what one member sends to another. */
  static Direction direction(int from, int to) {
    return from < to ? Direction.TO_TARGET : Direction.TO_CLIENT;
  }

  /** Those that a member's connections go through. */
  void around(int id, Consumer<TcpProxy> what) {
    proxies.forEach(
        (pair, proxy) -> {
          if (pair.has(id)) {
            what.accept(proxy);
          }
        });
  }

  @Override
  public void close() {
    List.copyOf(proxies.values()).forEach(TcpProxy::close);
  }
}
