package io.rabia.engine;

import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.Command;
import io.rabia.core.CommandBatch;
import io.rabia.core.CommonCoin;
import io.rabia.core.Limits;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import io.rabia.core.memory.MemoryPool;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.core.transport.Transport;
import io.rabia.core.transport.TransportStatistics;
import io.rabia.engine.protocol.ChangeResult;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node: one member of a replicated state machine, on a thread of its own. All methods may be
 * called from any thread and none of them blocks, except {@link #start} and {@link #close}. Futures
 * and handlers complete on the completion executor, never on the node's thread.
 */
public final class RabiaEngine implements Submitter, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RabiaEngine.class);
  private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final NodeId id;
  private final RabiaConfig config;
  private final Limits limits;
  private final EngineAgent agent;
  private final Thread thread;
  private final Listeners listeners;
  private final @Nullable ExecutorService ownExecutor;
  private final ExecutorService snapshotExecutor;
  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private volatile boolean closing;
  private volatile boolean aborting;
  private volatile @Nullable RabiaException failure;

  private RabiaEngine(Builder builder) {
    id = Objects.requireNonNull(builder.nodeId, "nodeId");
    ClusterConfig cluster = Objects.requireNonNull(builder.cluster, "cluster");
    if (cluster.member(id).isEmpty()) {
      throw new RabiaException.Validation("node " + id + " is not in " + cluster);
    }
    config = builder.config;
    if (config.ownWindow() > cluster.alpha()) {
      throw new RabiaException.Validation(
          "ownWindow " + config.ownWindow() + " is above the cluster's alpha " + cluster.alpha());
    }
    limits =
        new Limits(
            config.batching().maxBatchBytes() - CommandBatch.HEADER - CommandBatch.COMMAND_HEADER,
            config.batching().maxBatchBytes(),
            config.batching().maxBatchSize());
    Executor executor = builder.completionExecutor;
    if (executor == null) {
      ownExecutor =
          Executors.newSingleThreadExecutor(task -> daemon(task, "rabia-" + id + "-callback"));
      executor = ownExecutor;
    } else {
      ownExecutor = null;
    }
    listeners = new Listeners(builder.listener);
    snapshotExecutor =
        Executors.newSingleThreadExecutor(task -> daemon(task, "rabia-" + id + "-snapshot"));
    SecureRandom random = new SecureRandom();
    agent =
        new EngineAgent(
            new EngineAgent.Parts(
                id,
                cluster,
                config,
                Objects.requireNonNull(builder.stateMachine, "stateMachine"),
                Objects.requireNonNull(builder.transport, "transport"),
                Objects.requireNonNull(builder.persistence, "persistence"),
                builder.pool,
                executor,
                this::aside,
                listeners,
                CommonCoin::keyed),
            builder.clock,
            () -> TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()),
            random::nextLong);
    thread = daemon(this::run, "rabia-" + id + "-engine");
  }

  private void aside(Runnable task) {
    snapshotExecutor.execute(
        () -> {
          try {
            task.run();
          } catch (Error e) {
            haltOn(e);
          }
          agent.inbox().wakeup();
        });
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  public static Builder builder() {
    return new Builder();
  }

  public NodeId id() {
    return id;
  }

  /**
   * The listener is told, on the calling thread, what is: the state, the connections, a quorum; and
   * then, on the node's thread, what happens.
   */
  public void addListener(EngineListener listener) {
    listeners.add(listener);
  }

  /** Undoes one {@link #addListener}; a call that is under way may still come to its end. */
  public void removeListener(EngineListener listener) {
    listeners.remove(listener);
  }

  /**
   * Reads the log and opens the peers' port; returns once that is done, with or without a quorum.
   *
   * @throws RabiaException what went wrong: the port, the log, another cluster's data
   */
  public void start() {
    if (closing) {
      throw closed();
    }
    thread.start();
    try {
      started.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RabiaException failure) {
        throw failure;
      }
      throw e;
    }
  }

  private void run() {
    try {
      agent.start();
      started.complete(null);
      loop();
      agent.stop(EngineState.STOPPED, "closed", closed());
      LOG.info("Node {} is closed", id);
    } catch (RuntimeException e) {
      fail(e);
    } catch (Error e) {
      haltOn(e);
    } finally {
      snapshotExecutor.shutdown();
      stopped.complete(null);
    }
  }

  private static RabiaException closed() {
    return new RabiaException.Closed("the engine is closed");
  }

  private void loop() {
    long deadline = Long.MAX_VALUE;
    while (true) {
      agent.doWork(true);
      if (closing) {
        if (deadline == Long.MAX_VALUE) {
          deadline = System.nanoTime() + DRAIN_NANOS;
        }
        if (aborting || agent.drained() || System.nanoTime() - deadline > 0) {
          return;
        }
      }
    }
  }

  private void fail(RuntimeException e) {
    failure =
        e instanceof RabiaException typed
            ? typed
            : new RabiaException.Closed("the node stopped: " + e.getMessage());
    boolean votesLost =
        e instanceof RabiaException.NotAMember && !agent.hasLeft()
            || e instanceof RabiaException.Storage
            || e instanceof RabiaException.Checksum;
    log(e);
    try {
      agent.stop(
          votesLost ? EngineState.DEGRADED : EngineState.STOPPED,
          String.valueOf(e.getMessage()).replace(' ', '_'),
          new RabiaException.Closed("the node stopped: " + e.getMessage()));
    } finally {
      started.completeExceptionally(e);
    }
  }

  /** A failed start is told by {@link #start}; where something happened is of interest for bugs. */
  private void log(RuntimeException e) {
    if (!(e instanceof RabiaException)) {
      LOG.error("Node {} stops", id, e);
    } else if (started.isDone()) {
      LOG.error("Node {} stops: {}", id, e.getMessage());
    }
  }

  /** After an Error nothing in this process can be trusted: it ends at once, never half alive. */
  private void haltOn(Error e) {
    try {
      LOG.error("Node {} halts the process", id, e);
    } finally {
      Runtime.getRuntime().halt(134);
    }
  }

  // ---- requests

  @Override
  public CompletableFuture<byte[]> submit(Command command, Duration timeout) {
    FutureHandler handler = new FutureHandler();
    submit(command, timeout, handler);
    return handler.future;
  }

  @Override
  public void submit(
      Command command,
      Duration timeout,
      BiConsumer<byte @Nullable [], @Nullable Throwable> whenDone) {
    submit(Request.command(command, nanos(timeout), whenDone), command);
  }

  /** With the configured request timeout. */
  public CompletableFuture<byte[]> submit(Command command) {
    return submit(command, config.requestTimeout());
  }

  /** The callback form of {@link #submit(Command)}; the handler is called once, in every case. */
  public void submit(Command command, ResultHandler handler) {
    submit(command, config.requestTimeout(), handler);
  }

  private void submit(Command command, Duration timeout, ResultHandler handler) {
    submit(Request.command(command, nanos(timeout), handler), command);
  }

  private void submit(Request request, Command command) {
    try {
      limits.check(command);
    } catch (RabiaException e) {
      request.refuse(e);
      return;
    }
    offer(request);
  }

  private static long nanos(Duration timeout) {
    return TimeUnit.NANOSECONDS.convert(timeout);
  }

  /** A linearizable or local read with the configured request timeout. */
  public CompletableFuture<byte[]> read(byte[] query, ReadConsistency consistency) {
    return read(query, consistency, config.requestTimeout());
  }

  @Override
  public CompletableFuture<byte[]> read(
      byte[] query, ReadConsistency consistency, Duration timeout) {
    FutureHandler handler = new FutureHandler();
    offer(Request.read(query, consistency == ReadConsistency.LOCAL, nanos(timeout), handler));
    return handler.future;
  }

  @Override
  public CompletableFuture<Long> openSession(Duration timeout) {
    FutureHandler handler = new FutureHandler();
    offer(Request.openSession(nanos(timeout), handler));
    return handler.future.thenApply(id -> ByteBuffer.wrap(id).getLong());
  }

  @Override
  public CompletableFuture<Void> closeSession(long session, Duration timeout) {
    FutureHandler handler = new FutureHandler();
    offer(Request.closeSession(session, nanos(timeout), handler));
    return handler.future.exceptionally(RabiaEngine::whenClosed).thenAccept(nothing -> {});
  }

  private static byte[] whenClosed(Throwable failure) {
    if (failure instanceof RabiaException.SessionClosed) {
      return new byte[0];
    }
    throw new CompletionException(failure);
  }

  /**
   * Changes who the members are, or the window: the whole next configuration, made from the one
   * that {@link #view} gave. Done once every member knows it; it governs from its first slot on,
   * which the cluster fills up to by itself, and {@link EngineListener#onConfigurationChanged}
   * tells when. A node must be connected and have caught up before it can become a member.
   *
   * @return the configuration; fails with {@link RabiaException.ChangeRefused} when it was not made
   */
  public CompletableFuture<ClusterView> changeMembership(ClusterView next, Duration timeout) {
    FutureHandler handler = new FutureHandler();
    offer(Request.change(next, nanos(timeout), handler));
    return handler.future.thenApply(answer -> ClusterView.of(ChangeResult.configuration(answer)));
  }

  /** The newest configuration that this node knows; fails while it is in no cluster. */
  public CompletableFuture<ClusterView> view(Duration timeout) {
    FutureHandler handler = new FutureHandler();
    offer(Request.view(nanos(timeout), handler));
    return handler.future.thenApply(answer -> ClusterView.of(ChangeResult.configuration(answer)));
  }

  /** Takes a snapshot now, and tells what it is of once it is durable. */
  public CompletableFuture<Backup> snapshot(Duration timeout) {
    FutureHandler handler = new FutureHandler();
    offer(Request.snapshot(false, nanos(timeout), handler));
    return handler.future.thenApply(Backup::of);
  }

  /** As {@link #snapshot}; the caller copies it, and closes it. */
  public CompletableFuture<OpenBackup> backup(Duration timeout) {
    FutureHandler handler = new FutureHandler();
    Request.Question request = Request.snapshot(true, nanos(timeout), handler);
    offer(request);
    return handler.future.thenApply(head -> Objects.requireNonNull(request.opened));
  }

  @Override
  public ClusterId clusterId() {
    return agent.clusterId();
  }

  /** A view of the node now; of a stopped one, its last state. Fails when the inbox is full. */
  public CompletableFuture<EngineStatus> status() {
    CompletableFuture<EngineStatus> future = new CompletableFuture<>();
    offer(Request.status(future));
    return future.exceptionally(
        failure -> {
          if (failure instanceof RabiaException.Closed) {
            return lastStatus();
          }
          throw (RabiaException) failure;
        });
  }

  /** A view of the node when exactly {@code slot} slots are applied; fails when that has passed. */
  public CompletableFuture<EngineStatus> statusAt(long slot, Duration timeout) {
    CompletableFuture<EngineStatus> future = new CompletableFuture<>();
    offer(Request.statusAt(slot, nanos(timeout), future));
    return future;
  }

  /** The state without figures: what is known of a node that has not started or has stopped. */
  public EngineStatus lastStatus() {
    return EngineStatus.withoutHistory(
        id, agent.state(), agent.reason(), 0, TransportStatistics.NONE);
  }

  private void offer(Request request) {
    Inbox inbox = agent.inbox();
    if (closing || inbox.isClosed()) {
      request.refuse(closed());
    } else if (!inbox.offer(request)) {
      request.refuse(
          inbox.isClosed()
              ? closed()
              : new RabiaException.Overload(config.inboxCapacity() + " requests are waiting"));
    } else if (inbox.isClosed()) {
      failLate(inbox);
    }
  }

  /** The engine stopped while a request was offered: it may not have seen it. */
  private static void failLate(Inbox inbox) {
    Request late = inbox.pollClosed();
    while (late != null) {
      late.refuse(closed());
      late = inbox.pollClosed();
    }
  }

  private static final class FutureHandler implements ResultHandler {
    final CompletableFuture<byte[]> future = new CompletableFuture<>();

    @Override
    public void onResult(byte[] result) {
      future.complete(result);
    }

    @Override
    public void onFailure(RabiaException failure) {
      future.completeExceptionally(failure);
    }
  }

  /** Why the node stopped by itself; empty while it runs and after {@link #close}. */
  public Optional<RabiaException> failure() {
    return Optional.ofNullable(failure);
  }

  /** Completes when the node's thread has ended, whatever the reason. */
  public CompletableFuture<Void> stopped() {
    return stopped.copy();
  }

  /** Stops at once, as a crash would: nothing is drained, the outcome of what waits is unknown. */
  public void abort() {
    aborting = true;
    close();
  }

  /**
   * Takes nothing more in, waits up to 5 s for what is outstanding, fails the rest, gives log and
   * ports free. Called on the node's own thread, by a handler or listener, it does not wait.
   */
  @Override
  public void close() {
    closing = true;
    if (Thread.currentThread() == thread) {
      return;
    }
    if (thread.getState() != Thread.State.NEW) {
      agent.inbox().wakeup();
      stopped.join();
    } else if (!agent.inbox().isClosed()) {
      agent.stop(EngineState.STOPPED, "closed", closed());
      stopped.complete(null);
    }
    if (ownExecutor != null) {
      ownExecutor.shutdown();
      long deadline = System.nanoTime() + DRAIN_NANOS;
      while (!ownExecutor.isTerminated() && System.nanoTime() - deadline < 0) {
        LockSupport.parkNanos(1_000_000);
      }
    }
  }

  /** Collects the parts of a node; not thread-safe. The engine closes transport and persistence. */
  public static final class Builder {
    private @Nullable NodeId nodeId;
    private @Nullable ClusterConfig cluster;
    private RabiaConfig config = RabiaConfig.defaults();
    private @Nullable StateMachine stateMachine;
    private @Nullable Transport transport;
    private @Nullable Persistence persistence;
    private @Nullable Executor completionExecutor;
    private MemoryPool pool = MemoryPool.shared();
    private EngineListener listener = new EngineListener() {};
    private LongSupplier clock = System::nanoTime;

    private Builder() {}

    public Builder nodeId(NodeId nodeId) {
      this.nodeId = nodeId;
      return this;
    }

    public Builder cluster(ClusterConfig cluster) {
      this.cluster = cluster;
      return this;
    }

    public Builder config(RabiaConfig config) {
      this.config = config;
      return this;
    }

    public Builder stateMachine(StateMachine stateMachine) {
      this.stateMachine = stateMachine;
      return this;
    }

    public Builder transport(Transport transport) {
      this.transport = transport;
      return this;
    }

    public Builder persistence(Persistence persistence) {
      this.persistence = persistence;
      return this;
    }

    /** Where futures and handlers complete. Default: one thread of the engine's own. */
    public Builder completionExecutor(Executor executor) {
      this.completionExecutor = executor;
      return this;
    }

    /** Where frames and log groups are encoded. Default: the shared pool. */
    public Builder memoryPool(MemoryPool pool) {
      this.pool = pool;
      return this;
    }

    public Builder listener(EngineListener listener) {
      this.listener = listener;
      return this;
    }

    /**
     * The node's monotonic clock, in nanoseconds. Default {@link System#nanoTime}. One that runs
     * wrong costs time, never agreement.
     */
    public Builder clock(LongSupplier nanoseconds) {
      this.clock = nanoseconds;
      return this;
    }

    public RabiaEngine build() {
      return new RabiaEngine(this);
    }
  }
}
