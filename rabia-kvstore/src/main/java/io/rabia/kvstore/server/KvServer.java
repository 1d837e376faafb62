package io.rabia.kvstore.server;

import io.netty.channel.EventLoop;
import io.rabia.core.ClusterConfig;
import io.rabia.core.RabiaException;
import io.rabia.core.Submitter;
import io.rabia.kvstore.KvStateMachine;
import io.rabia.network.server.Administration;
import io.rabia.network.server.ClientService;
import io.rabia.network.server.NodeStatus;
import io.rabia.network.server.NodeStatusSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A server: a node of the cluster and its ports. {@link #start} returns once the ports are open and
 * the node's own log is replayed; {@link #close} drains. Both wait, and are called from one thread
 * at a time.
 */
public final class KvServer implements AutoCloseable {
  private static final Duration DRAIN = Duration.ofSeconds(4);

  /** The part of a server that takes part in the cluster. */
  public interface Node extends AutoCloseable {
    Submitter submitter();

    NodeStatusSource status();

    Administration administration();

    /** Where clients reach the members, as {@link ClientService} has it. */
    default List<ClusterConfig.Member> clientAddresses() {
      return List.of();
    }

    /**
     * The event loop of the node's own thread, on which its clients are served then: no other
     * thread is woken between them and the members. Null when it has none.
     */
    default @Nullable EventLoop loop() {
      return null;
    }

    /** Finishes what is outstanding, within a few seconds, and stops. */
    @Override
    void close();
  }

  /** Makes and starts a node. */
  @FunctionalInterface
  public interface NodeStarter {
    /**
     * Returns when the node has replayed its own log.
     *
     * @param onStopped told, once and from any thread, when the node stops without having been
     *     asked to
     * @throws RabiaException when it cannot start; {@link RabiaException.NotAMember} when the
     *     members refuse it
     */
    Node start(ServerConfig config, KvStateMachine store, Consumer<RabiaException> onStopped);
  }

  private final KvPorts ports;
  private final Node node;

  private KvServer(KvPorts ports, Node node) {
    this.ports = ports;
    this.node = node;
  }

  /**
   * @throws RabiaException when an address or the data directory cannot be had, or the node cannot
   *     start
   */
  public static KvServer start(
      ServerConfig config, NodeStarter starter, Consumer<RabiaException> onStopped) {
    checkDirectory(config.data());
    KvPorts ports = new KvPorts(config);
    try {
      KvStateMachine store = new KvStateMachine(config.store());
      Node node = starter.start(config, store, onStopped);
      ports.open(
          node.submitter(),
          node.status(),
          node.administration(),
          node::clientAddresses,
          store,
          node.loop());
      return new KvServer(ports, node);
    } catch (RuntimeException e) {
      ports.close();
      throw e;
    }
  }

  /** A node on the engine, with TCP to its peers and the log that the configuration asks for. */
  public static Node startEngine(
      ServerConfig config, KvStateMachine store, Consumer<RabiaException> onStopped) {
    return EngineNode.start(config, store, onStopped);
  }

  private static void checkDirectory(@Nullable Path data) {
    if (data == null || Files.notExists(data)) {
      return;
    }
    if (!Files.isDirectory(data)) {
      throw new RabiaException.Storage("the data directory " + data + " is not a directory", null);
    }
    if (!Files.isReadable(data) || !Files.isWritable(data) || !Files.isExecutable(data)) {
      throw new RabiaException.Storage("the data directory " + data + " is not accessible", null);
    }
  }

  public String readyLine() {
    return ports.readyLine();
  }

  public KvPorts ports() {
    return ports;
  }

  /** What its node says of itself. */
  public CompletableFuture<NodeStatus> status() {
    return node.status().status();
  }

  /** Answers what was taken in and refuses the rest, so that clients go elsewhere. Idempotent. */
  public void drain() {
    ports.drain(DRAIN);
  }

  /** Drains and stops the node. */
  @Override
  public void close() {
    if (ports.drain(DRAIN)) {
      ports.close();
    }
    node.close();
    ports.close();
  }
}
