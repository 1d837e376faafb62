package io.rabia.kvstore.server.cli;

import java.util.List;

/** How the members of one cluster reach each other; on the loopback as it is, unless overridden. */
interface Links extends AutoCloseable {

  /** Where a member has its ports. */
  default String host(int id) {
    return "127.0.0.1";
  }

  /** Where one member finds another that listens at this address. */
  default String route(int from, int to, String address) {
    return address;
  }

  /** What the command line of a member begins with. */
  default List<String> command(int id) {
    return List.of();
  }

  /** Idempotent; from any thread. */
  @Override
  default void close() {}
}
