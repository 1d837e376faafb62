package io.rabia.kvstore;

import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.Command;
import io.rabia.core.RabiaException;
import io.rabia.core.RabiaException.ChangeRefused.Reason;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import io.rabia.core.transport.TransportStatistics;
import io.rabia.network.server.Administration;
import io.rabia.network.server.NodeStatus;
import io.rabia.network.server.NodeStatusSource;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One state machine behind several nodes, with the sessions of the protocol and no consensus: what
 * a node answers can be made to fail. Everything is applied on one thread.
 */
public final class FakeCluster implements AutoCloseable {
  public static final ClusterId ID = new ClusterId(7, 9);
  private static final int WINDOW = 1024;

  /** How a node behaves. */
  public enum Mode {
    SERVING,
    /** Refuses, and executes nothing. */
    NO_QUORUM,
    /** Executes and never answers. */
    SILENT,
    /** Executes commands and answers none; serves otherwise. */
    MUTE,
    /** Executes and says that it did not. */
    LYING
  }

  private static final class Session {
    private long lowest = 1;
    private final Map<Long, byte[]> results = new HashMap<>();
  }

  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private final KvStateMachine store;
  private final long nanosOfSlot;
  private final Map<Long, Session> sessions = new HashMap<>();
  private long slot;
  private long nextSession = 1;
  private volatile long applied;

  public FakeCluster() {
    this(KVStoreConfig.defaults());
  }

  public FakeCluster(KVStoreConfig config) {
    this(config, 1000);
  }

  /**
   * @param nanosOfSlot by which every command lets log time go on
   */
  public FakeCluster(KVStoreConfig config, long nanosOfSlot) {
    this.nanosOfSlot = nanosOfSlot;
    store = new KvStateMachine(config);
  }

  public KvStateMachine store() {
    return store;
  }

  public Node node(int id) {
    return new Node(id);
  }

  /** Commands that really changed the state machine. */
  public long applied() {
    return applied;
  }

  public int sessions() {
    return CompletableFuture.supplyAsync(sessions::size, thread).join();
  }

  public void closeSessions() {
    CompletableFuture.runAsync(sessions::clear, thread).join();
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  private byte[] apply(Command command) {
    if (command.session() == 0) {
      return execute(command);
    }
    Session session = sessions.get(command.session());
    if (session == null) {
      throw new RabiaException.SessionClosed("session " + command.session());
    }
    byte[] known = session.results.get(command.number());
    if (known != null) {
      return known;
    }
    long lowest = Math.max(session.lowest, command.lowestUnanswered());
    if (command.number() < session.lowest || command.number() - lowest >= WINDOW) {
      throw new RabiaException.Validation("number " + command.number());
    }
    session.lowest = lowest;
    session.results.keySet().removeIf(number -> number < session.lowest);
    byte[] result = execute(command);
    session.results.put(command.number(), result);
    return result;
  }

  private byte[] execute(Command command) {
    applied++;
    slot++;
    return store.apply(slot, slot * nanosOfSlot, ByteBuffer.wrap(command.payload()));
  }

  /** One member's view. */
  public final class Node implements Submitter, NodeStatusSource, Administration {
    private final int id;
    private volatile Mode mode = Mode.SERVING;
    private volatile NodeStatus.State state = NodeStatus.State.SERVING;
    private volatile ClusterId clusterId = ID;
    private volatile List<ClusterConfig.Member> clientAddresses = List.of();
    private volatile long lastTimeoutMillis;
    private final AtomicInteger refusedWatches = new AtomicInteger();
    private volatile Function<String, CompletableFuture<byte[]>> operations =
        line ->
            CompletableFuture.failedFuture(
                new RabiaException.ChangeRefused(Reason.PENDING, "asked: " + line));

    private Node(int id) {
      this.id = id;
    }

    public void mode(Mode newMode) {
      mode = newMode;
    }

    public void state(NodeStatus.State newState) {
      state = newState;
    }

    /** What it does for operators; refuses everything, with the line, until told otherwise. */
    public void operations(Function<String, CompletableFuture<byte[]>> answers) {
      operations = answers;
    }

    /** What it tells of where clients reach the members; nothing until told otherwise. */
    public void clientAddresses(List<ClusterConfig.Member> members) {
      clientAddresses = members;
    }

    public List<ClusterConfig.Member> clientAddresses() {
      return clientAddresses;
    }

    public void clusterId(ClusterId newId) {
      clusterId = newId;
    }

    /** How often a subscriber met {@link Mode#NO_QUORUM}. */
    public int refusedWatches() {
      return refusedWatches.get();
    }

    public long lastTimeoutMillis() {
      return lastTimeoutMillis;
    }

    private <T> CompletableFuture<T> answer(Supplier<T> work, Duration timeout) {
      lastTimeoutMillis = timeout.toMillis();
      if (mode == Mode.NO_QUORUM) {
        return CompletableFuture.failedFuture(new RabiaException.NoQuorum("alone"));
      }
      CompletableFuture<T> future;
      try {
        future = CompletableFuture.supplyAsync(work, thread);
      } catch (RejectedExecutionException e) {
        future = CompletableFuture.failedFuture(new RabiaException.Closed("the test is over"));
      }
      if (mode == Mode.LYING) {
        return future.thenApply(
            result -> {
              throw new RabiaException.NoQuorum("a lie");
            });
      }
      return mode == Mode.SILENT ? new CompletableFuture<>() : future;
    }

    @Override
    public CompletableFuture<byte[]> submit(Command command, Duration timeout) {
      CompletableFuture<byte[]> answer = answer(() -> apply(command), timeout);
      return mode == Mode.MUTE ? new CompletableFuture<>() : answer;
    }

    @Override
    public CompletableFuture<byte[]> read(
        byte[] query, ReadConsistency consistency, Duration timeout) {
      if (mode == Mode.NO_QUORUM
          && KvCodec.decodeQuery(ByteBuffer.wrap(query)) instanceof KvQuery.Watch) {
        refusedWatches.incrementAndGet();
      }
      return answer(() -> store.query(ByteBuffer.wrap(query)), timeout);
    }

    @Override
    public CompletableFuture<Long> openSession(Duration timeout) {
      return answer(
          () -> {
            sessions.put(nextSession, new Session());
            return nextSession++;
          },
          timeout);
    }

    @Override
    public CompletableFuture<Void> closeSession(long session, Duration timeout) {
      return answer(() -> sessions.remove(session), timeout).thenAccept(closed -> {});
    }

    @Override
    public ClusterId clusterId() {
      return clusterId;
    }

    @Override
    public CompletableFuture<NodeStatus> status() {
      String reason = state == NodeStatus.State.SERVING ? "" : "for a test";
      return CompletableFuture.completedFuture(status(reason, slot, 0xABCL));
    }

    private NodeStatus status(String reason, long at, long hash) {
      return new NodeStatus(
          id,
          state,
          reason,
          1,
          slot,
          at,
          hash,
          store.stateHash(),
          slot,
          slot,
          0,
          0,
          1,
          0,
          2,
          0,
          TransportStatistics.NONE);
    }

    @Override
    public CompletableFuture<byte[]> execute(String line, Duration timeout) {
      return operations.apply(line);
    }

    @Override
    public CompletableFuture<NodeStatus> statusAt(long at, Duration timeout) {
      return at <= slot
          ? CompletableFuture.completedFuture(status("", at, at))
          : CompletableFuture.failedFuture(new RabiaException.Timeout("slot " + at));
    }
  }
}
