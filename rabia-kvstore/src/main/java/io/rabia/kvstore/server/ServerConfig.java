package io.rabia.kvstore.server;

import io.rabia.core.ClusterConfig;
import io.rabia.core.CommandBatch;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import io.rabia.engine.RabiaConfig;
import io.rabia.kvstore.KVStoreConfig;
import io.rabia.network.client.HostPort;
import io.rabia.network.server.PortLimits;
import io.rabia.network.wire.Frames;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A server as its operator wants it, validated. Immutable.
 *
 * @param initial what an empty data directory means
 * @param data null with {@link Durability#MEMORY} only
 * @param clientAddress what clients and the other members are told of {@code client}; null: that
 *     itself
 * @param redis null: no such port; likewise {@code http}
 * @param sessionTimeToLive of a client that sends nothing
 * @param log how large the log grows
 * @param limits of each port
 */
public record ServerConfig(
    NodeId nodeId,
    ClusterConfig cluster,
    Initial initial,
    HostPort client,
    @Nullable HostPort clientAddress,
    @Nullable HostPort redis,
    @Nullable HostPort http,
    @Nullable Path data,
    Durability durability,
    Duration sessionTimeToLive,
    LogLimits log,
    KVStoreConfig store,
    PortLimits limits) {

  private static final Set<String> WILDCARDS = Set.of("0.0.0.0", "::", "0:0:0:0:0:0:0:0");

  /** Whether a member without a history belongs to a cluster that has one. */
  public enum Initial {
    /** The whole cluster starts for the first time. */
    NEW,
    /** This member joins, or lost its disk. */
    EXISTING
  }

  /**
   * @throws RabiaException.Validation naming the setting that is missing or wrong, and where it was
   *     said
   */
  public static ServerConfig of(Settings settings) {
    NodeId id = valid(settings, "id", text -> NodeId.of(Integer.parseInt(text)));
    ClusterConfig.Builder builder =
        ClusterConfig.builder()
            .name(settings.require("cluster"))
            .members(settings.require("members"))
            .alpha(settings.requireInt("alpha"));
    settings
        .get("secret")
        .ifPresent(secret -> builder.secret(secret.getBytes(StandardCharsets.UTF_8)));
    ClusterConfig cluster = builder.build();
    if (cluster.member(id).isEmpty()) {
      throw settings.invalid("id", id + " is not among the members " + cluster.members());
    }
    Durability durability =
        valid(settings, "durability", text -> Durability.valueOf(text.toUpperCase(Locale.ROOT)));
    Path data =
        durability == Durability.MEMORY ? null : settings.get("data").map(Path::of).orElse(null);
    if (durability != Durability.MEMORY && data == null) {
      throw new RabiaException.Validation(
          "data is not set, which only durability memory does without");
    }
    KVStoreConfig store = store(settings);
    return new ServerConfig(
        id,
        cluster,
        valid(settings, "initial", text -> Initial.valueOf(text.toUpperCase(Locale.ROOT))),
        valid(settings, "client", HostPort::parse),
        settings.get("client-address").isEmpty()
            ? null
            : valid(settings, "client-address", HostPort::parse),
        settings.get("redis").isEmpty() ? null : valid(settings, "redis", HostPort::parse),
        settings.get("http").isEmpty() ? null : valid(settings, "http", HostPort::parse),
        data,
        durability,
        Duration.ofSeconds(settings.requireInt("session-seconds")),
        log(settings),
        store,
        limits(settings, store));
  }

  /**
   * Where clients reach this server, as far as its operator said so; null when only clients know.
   */
  @Nullable HostPort advertised() {
    if (clientAddress != null) {
      return clientAddress;
    }
    return client.port() == 0 || WILDCARDS.contains(client.host()) ? null : client;
  }

  private static LogLimits log(Settings settings) {
    return new LogLimits(
        settings.requireInt("snapshot-slots"),
        settings.requireInt("snapshot-mb"),
        settings.requireInt("snapshot-minutes"),
        settings.requireInt("retained-slots"),
        settings.requireInt("retained-log-mb"),
        settings.requireInt("segment-mb"));
  }

  private static KVStoreConfig store(Settings settings) {
    return KVStoreConfig.builder()
        .history(settings.requireInt("history-events"), settings.requireInt("history-mb"))
        .compressSnapshots(valid(settings, "compress-snapshots", ServerConfig::truth))
        .maxEntries(settings.requireInt("max-entries"))
        .maxMemoryMb(settings.requireInt("max-memory-mb"))
        .maxKeySize(settings.requireInt("max-key-size"))
        .maxValueSize(settings.requireInt("max-value-size"))
        .requestTimeout(Duration.ofMillis(settings.requireInt("request-timeout-ms")))
        .build();
  }

  /**
   * A frame holds a compare-and-set of the largest key and two of the largest values. A port may
   * hold an eighth of the memory there is, but a few frames in any case.
   */
  private static PortLimits limits(Settings settings, KVStoreConfig store) {
    int largest = 2 * store.maxValueSize() + store.maxKeySize() + Frames.MAX_OVERHEAD;
    int batch = RabiaConfig.defaults().batching().maxBatchBytes();
    if (largest > batch - CommandBatch.HEADER - CommandBatch.COMMAND_HEADER) {
      throw settings.invalid(
          "max-value-size", "two such values and the largest key must fit a batch of " + batch);
    }
    PortLimits defaults = PortLimits.defaults();
    return new PortLimits(
        settings.requireInt("max-connections"),
        settings.requireInt("max-in-flight"),
        Math.max(1 << 16, largest),
        Math.max(defaults.maxOutboundBytes(), 2 * largest),
        Math.max(4L * largest, Runtime.getRuntime().maxMemory() / 8),
        defaults.frameTimeout(),
        defaults.slowReaderTimeout(),
        defaults.idleTimeout());
  }

  private static boolean truth(String text) {
    if (!text.equals("true") && !text.equals("false")) {
      throw new IllegalArgumentException(text);
    }
    return text.equals("true");
  }

  private static <T> T valid(Settings settings, String name, Function<String, T> parser) {
    String text = settings.require(name);
    try {
      return parser.apply(text);
    } catch (NumberFormatException e) {
      throw settings.invalid(name, "not a number: '" + text + "'");
    } catch (IllegalArgumentException | RabiaException.Validation e) {
      throw settings.invalid(name, "'" + text + "' is not valid");
    }
  }
}
