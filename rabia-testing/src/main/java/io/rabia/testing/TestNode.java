package io.rabia.testing;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.engine.Initial;
import io.rabia.engine.RabiaConfig;
import io.rabia.engine.RabiaEngine;
import io.rabia.persistence.FilePersistence;
import io.rabia.persistence.FilePersistenceConfig;
import io.rabia.persistence.InMemoryPersistence;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One node of a {@link TestCluster} over all its lives. Thread-safe. */
final class TestNode {

  /** What every life of it is made of. */
  record Parts(
      ClusterConfig cluster,
      Consumer<RabiaConfig.Builder> config,
      Supplier<? extends StateMachine> stateMachine,
      Durability durability,
      long seed) {}

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final NodeId id;
  private final Parts parts;
  private final NetworkSimulator network;
  private final TestDisk disk = new TestDisk();
  private final TestClock clock = new TestClock();
  private final Gate gate = new Gate();
  private @Nullable RabiaEngine engine;
  private @Nullable FaultyTransport transport;
  private @Nullable NodeLog log;
  private @Nullable RuntimeException startFailure;
  private int troubles;
  private int lives;
  private boolean closed;

  TestNode(NodeId id, Parts parts, NetworkSimulator network) {
    this.id = id;
    this.parts = parts;
    this.network = network;
  }

  TestDisk disk() {
    return disk;
  }

  TestClock clock() {
    return clock;
  }

  Gate gate() {
    return gate;
  }

  /** The engine of this life, which may have stopped by itself. */
  synchronized RabiaEngine engine() {
    if (engine == null) {
      throw new IllegalStateException("node " + id + " is down");
    }
    return engine;
  }

  synchronized boolean isRunning() {
    return engine != null && !engine.stopped().isDone();
  }

  /** Why it stopped by itself, or did not start. */
  synchronized Optional<RuntimeException> failure() {
    if (startFailure != null) {
      return Optional.of(startFailure);
    }
    return engine == null ? Optional.empty() : engine.failure().map(failure -> failure);
  }

  // ---- lives

  /** Its first life founds the cluster, any other one comes back to it. */
  synchronized void start() {
    start(lives == 0 ? Initial.NEW : Initial.EXISTING);
  }

  /**
   * @param initial what it means that the disk is empty
   */
  synchronized void start(Initial initial) {
    if (closed) {
      throw new IllegalStateException("the cluster is closed");
    }
    if (isRunning()) {
      throw new IllegalStateException("node " + id + " is running");
    }
    forget();
    lives++;
    try {
      begin(initial);
    } catch (RuntimeException e) {
      if (engine != null) {
        engine.close();
      }
      forget();
      startFailure = e;
      throw e;
    }
  }

  private void begin(Initial initial) {
    RabiaConfig.Builder config = RabiaConfig.builder();
    parts.config().accept(config);
    Random random = new Random(parts.seed() * 31 + id.value() * 7L + lives);
    FaultyTransport ports = new FaultyTransport(id, network.transport(id), network, gate, random);
    NodeLog files = new NodeLog(persistence());
    RabiaEngine born =
        RabiaEngine.builder()
            .nodeId(id)
            .cluster(parts.cluster())
            .config(config.initial(initial).build())
            .stateMachine(parts.stateMachine().get())
            .transport(ports)
            .persistence(files)
            .clock(clock)
            .build();
    engine = born;
    transport = ports;
    log = files;
    born.start();
  }

  private Persistence persistence() {
    return parts.durability() == Durability.MEMORY
        ? new InMemoryPersistence()
        : new FilePersistence(
            disk,
            FilePersistenceConfig.builder()
                .durability(parts.durability())
                .segmentBytes(1 << 20)
                .build());
  }

  /** Its failure stays to be looked at. */
  synchronized void startAgain() {
    if (closed || isRunning()) {
      return;
    }
    try {
      start();
    } catch (RuntimeException e) {
      startFailure = e;
    }
  }

  /**
   * A disk that failed may stop the process of now a little later, or let none start.
   *
   * @param failed whether it did
   * @param first what happens before the next life
   */
  synchronized void startAgainIfFailed(boolean failed, Runnable first) {
    if (failure().isPresent() || failed && engine != null) {
      kill(first);
      startAgain();
    }
  }

  /** Something that lasts may stop it, and whoever began that will start it again. */
  synchronized void inTrouble(boolean begins) {
    troubles += begins ? 1 : -1;
  }

  /** Why it is dead, when nobody is going to start it again. */
  synchronized Optional<RuntimeException> death() {
    return troubles > 0 ? Optional.empty() : failure();
  }

  /**
   * The process dies.
   *
   * @param then what happens to its disk
   */
  synchronized void kill(Runnable then) {
    RabiaEngine dying = engine;
    if (dying != null) {
      Objects.requireNonNull(transport).die();
      Objects.requireNonNull(log).die();
      boolean paused = gate.open();
      dying.abort();
      gate.pause(paused);
      forget();
      disk.processDied();
    }
    then.run();
  }

  /** Returns when it stands still. */
  synchronized void pause() {
    gate.pause(true);
    if (isRunning()) {
      Objects.requireNonNull(transport).wakeup();
      Await.until(
          "node " + id + " stands still",
          PATIENCE,
          () -> gate.isStanding() || !isRunning(),
          () -> "it goes on");
    }
  }

  void resume() {
    gate.pause(false);
  }

  /** In order. */
  synchronized void stop() {
    if (engine != null) {
      engine.close();
      forget();
    }
  }

  private void forget() {
    engine = null;
    transport = null;
    log = null;
    startFailure = null;
  }

  synchronized void close() {
    closed = true;
    gate.open();
    gate.delay(0);
    kill(() -> {});
  }
}
