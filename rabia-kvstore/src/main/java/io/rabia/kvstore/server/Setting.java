package io.rabia.kvstore.server;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One thing that an operator can set: as a flag {@code --name}, as an environment variable {@code
 * RABIA_NAME}, as a line {@code name = value} of the file. Immutable.
 *
 * @param defaultValue null: not set
 * @param secret never shown
 */
public record Setting(
    String name, @Nullable String defaultValue, boolean secret, String description) {

  /** All there are, in the order in which they are shown. */
  public static final List<Setting> ALL =
      List.of(
          of("id", null, "this member's id in --members, 1 to 65535"),
          of(
              "members",
              null,
              "id=host:port,...: all members of the first start, the same at all; later, this one and"
                  + " some to find the others by"),
          of("cluster", "rabia", "name of the cluster, the same at all members"),
          new Setting("secret", null, true, "secret of the cluster, the same at all members"),
          of("alpha", "128", "slots that may be open at once, 8 to 4096, the same at all members"),
          of("initial", null, "new or existing; counts only for an empty data directory"),
          of("client", null, "host:port for clients"),
          of(
              "client-address",
              null,
              "host:port by which clients reach that, which all are told; not set: what --client says,"
                  + " unless that is every address of this machine, or any port"),
          of("redis", null, "host:port for the Redis protocol; off when not set"),
          of("http", null, "host:port for health and status; off when not set"),
          of("data", null, "data directory; durability memory uses none"),
          of("durability", "fsync", "fsync, os or memory"),
          of(
              "snapshot-slots",
              "16384",
              "slots after which a snapshot is taken; of a state of more than a MiB only once a"
                  + " third of its last snapshot's bytes went to the log"),
          of("snapshot-mb", "32", "MiB of log after which a snapshot is taken, with that limit"),
          of("snapshot-minutes", "60", "age of a snapshot after which one of what is new is taken"),
          of("retained-slots", "65536", "decisions in memory for members that are behind"),
          of(
              "retained-log-mb",
              "1024",
              "MiB of log up to which it is kept for members that are away; later they take a"
                  + " snapshot"),
          of("segment-mb", "64", "MiB in a file of the log, 1 to 1024"),
          of("max-entries", "1000000", "keys, the same at all members"),
          of("max-memory-mb", "1024", "MiB of keys and values, the same at all members"),
          of("max-key-size", "1024", "bytes, the same at all members"),
          of("max-value-size", "1048576", "bytes, the same at all members"),
          of(
              "history-events",
              "100000",
              "changes that are kept for subscribers, 0: none; the same at all members"),
          of("history-mb", "64", "MiB of changes at most, the same at all members"),
          of("compress-snapshots", "false", "true: smaller snapshots for more processor time"),
          of(
              "session-seconds",
              "600",
              "until the session of a client that sends nothing is closed; what it sends again after"
                  + " that is refused, not executed a second time"),
          of("request-timeout-ms", "5000", "until a Redis command fails"),
          of("max-connections", "2000", "open at once, each port"),
          of("max-in-flight", "2048", "unanswered requests of a client connection"));

  private static Setting of(String name, @Nullable String defaultValue, String description) {
    return new Setting(name, defaultValue, false, description);
  }

  /** The environment variable. */
  public String variable() {
    return "RABIA_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
  }
}
