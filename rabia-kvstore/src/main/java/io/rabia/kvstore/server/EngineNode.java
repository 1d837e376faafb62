package io.rabia.kvstore.server;

import io.netty.channel.EventLoop;
import io.rabia.core.ClusterConfig;
import io.rabia.core.RabiaException;
import io.rabia.core.Submitter;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.engine.EngineState;
import io.rabia.engine.EngineStatus;
import io.rabia.engine.Initial;
import io.rabia.engine.RabiaConfig;
import io.rabia.engine.RabiaEngine;
import io.rabia.kvstore.KvStateMachine;
import io.rabia.network.NettyTransport;
import io.rabia.network.client.HostPort;
import io.rabia.network.server.Administration;
import io.rabia.network.server.NodeStatus;
import io.rabia.network.server.NodeStatusSource;
import io.rabia.persistence.FilePersistence;
import io.rabia.persistence.FilePersistenceConfig;
import io.rabia.persistence.InMemoryPersistence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A server's node: the engine with TCP to its peers and the log that the configuration asks for.
 * Thread-safe.
 */
final class EngineNode implements KvServer.Node {
  private static final long STATUS_MILLIS = 250;

  private final RabiaEngine engine;
  private final NettyTransport transport;
  private final EngineAdministration administration;
  private final AtomicBoolean closing = new AtomicBoolean();
  private volatile NodeStatus last;

  private EngineNode(RabiaEngine engine, NettyTransport transport, ClusterConfig.Member own) {
    this.engine = engine;
    this.transport = transport;
    administration = new EngineAdministration(engine, own);
    last = status(engine.lastStatus());
  }

  static EngineNode start(
      ServerConfig config, KvStateMachine store, Consumer<RabiaException> onStopped) {
    refuseUnknownPast(config);
    NettyTransport transport = transport(config);
    RabiaEngine engine =
        RabiaEngine.builder()
            .nodeId(config.nodeId())
            .cluster(config.cluster())
            .config(engineConfig(config))
            .stateMachine(store)
            .transport(transport)
            .persistence(persistence(config))
            .completionExecutor(Runnable::run)
            .build();
    EngineNode node =
        new EngineNode(engine, transport, config.cluster().member(config.nodeId()).orElseThrow());
    engine.start();
    engine
        .stopped()
        .whenComplete(
            (nothing, error) -> {
              if (!node.closing.get()) {
                onStopped.accept(
                    engine
                        .failure()
                        .orElseGet(() -> new RabiaException.Closed("the node stopped")));
              }
            });
    return node;
  }

  private static NettyTransport transport(ServerConfig config) {
    NettyTransport.Builder builder = NettyTransport.builder(config.nodeId(), config.cluster());
    HostPort client = config.advertised();
    if (client != null) {
      builder.clientAddress(client.host(), client.port());
    }
    return builder.build();
  }

  private static void refuseUnknownPast(ServerConfig config) {
    if (config.initial() == ServerConfig.Initial.EXISTING
        && config.cluster().members().size() == 1
        && isFresh(config)) {
      throw new RabiaException.NotAMember(
          "the only member has no history here, so its cluster cannot come back; --initial new"
              + " starts an empty one");
    }
  }

  private static boolean isFresh(ServerConfig config) {
    Path data = config.data();
    if (data == null || Files.notExists(data)) {
      return true;
    }
    try (Stream<Path> files = Files.list(data)) {
      return files.noneMatch(file -> file.getFileName().toString().endsWith(".rlog"));
    } catch (IOException e) {
      throw new RabiaException.Storage("the data directory " + data + " cannot be read", e);
    }
  }

  private static Persistence persistence(ServerConfig config) {
    Path data = config.data();
    return config.durability() == Durability.MEMORY || data == null
        ? new InMemoryPersistence()
        : persistence(config, data);
  }

  static Persistence persistence(ServerConfig config, Path data) {
    return new FilePersistence(
        data,
        FilePersistenceConfig.builder()
            .durability(config.durability())
            .segmentBytes((int) Math.min(Integer.MAX_VALUE, mib(config.log().segmentMb())))
            .build());
  }

  private static RabiaConfig engineConfig(ServerConfig config) {
    LogLimits log = config.log();
    return RabiaConfig.builder()
        .requestTimeout(config.store().requestTimeout())
        .sessionTimeToLive(config.sessionTimeToLive())
        .initial(config.initial() == ServerConfig.Initial.EXISTING ? Initial.EXISTING : Initial.NEW)
        .snapshotInterval(log.snapshotSlots(), mib(log.snapshotMb()))
        .snapshotEvery(Duration.ofMinutes(log.snapshotMinutes()))
        .retainedSlots(log.retainedSlots())
        .retainedLogBytes(mib(log.retainedLogMb()))
        .build();
  }

  private static long mib(int count) {
    return (long) count << 20;
  }

  @Override
  public Submitter submitter() {
    return engine;
  }

  @Override
  public NodeStatusSource status() {
    return new NodeStatusSource() {
      @Override
      public CompletableFuture<NodeStatus> status() {
        return current();
      }

      @Override
      public CompletableFuture<NodeStatus> statusAt(long slot, Duration timeout) {
        return engine.statusAt(slot, timeout).thenApply(EngineNode::status);
      }
    };
  }

  @Override
  public Administration administration() {
    return administration;
  }

  @Override
  public List<ClusterConfig.Member> clientAddresses() {
    return transport.clientAddresses();
  }

  @Override
  public EventLoop loop() {
    return transport.loop();
  }

  /**
   * Fresh as a rule; of an engine that does not answer soon, because its disk blocks, the last one.
   */
  private CompletableFuture<NodeStatus> current() {
    return engine
        .status()
        .thenApply(fresh -> last = status(fresh))
        .completeOnTimeout(last, STATUS_MILLIS, TimeUnit.MILLISECONDS)
        .exceptionally(failure -> last);
  }

  private static NodeStatus status(EngineStatus s) {
    return new NodeStatus(
        s.id().value(),
        state(s.state()),
        s.reason(),
        s.epoch(),
        s.decided(),
        s.applied(),
        s.hash(),
        s.data(),
        s.slots(),
        s.batches(),
        s.noop(),
        s.forfeits(),
        s.fast(),
        s.pending(),
        s.connected(),
        s.ownBatches(),
        s.network());
  }

  private static NodeStatus.State state(EngineState state) {
    return switch (state) {
      case SERVING -> NodeStatus.State.SERVING;
      case CATCHING_UP -> NodeStatus.State.CATCHING_UP;
      case RECOVERING -> NodeStatus.State.RECOVERING;
      case DEGRADED -> NodeStatus.State.DEGRADED;
      case STOPPED -> NodeStatus.State.STOPPED;
    };
  }

  @Override
  public void close() {
    closing.set(true);
    administration.close();
    engine.close();
  }
}
