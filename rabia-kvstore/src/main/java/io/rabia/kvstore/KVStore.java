package io.rabia.kvstore;

import io.rabia.core.ClusterConfig;
import io.rabia.core.Command;
import io.rabia.core.NodeId;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import io.rabia.engine.Backup;
import io.rabia.engine.EngineState;
import io.rabia.engine.RabiaEngine;
import io.rabia.network.InMemoryNetwork;
import io.rabia.persistence.InMemoryPersistence;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The store of a cluster that this process is a member of. Thread-safe. The engine behind it must
 * run a {@link KvStateMachine} and stays the caller's to start and to close, unless {@link #open}
 * made it.
 */
public final class KVStore extends KvOperations {
  private static final NodeId ALONE = NodeId.of(1);
  private static final long START_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final Submitter engine;
  private final Duration timeout;
  private final @Nullable RabiaEngine own;
  private final Expirer expirer;

  private KVStore(Submitter engine, Duration timeout, @Nullable RabiaEngine own) {
    this.engine = engine;
    this.timeout = timeout;
    this.own = own;
    expirer = new Expirer(this);
  }

  /**
   * The store over a running engine; of the configuration it reads {@link
   * KVStoreConfig#requestTimeout()}.
   */
  public static KVStore on(Submitter engine, KVStoreConfig config) {
    return new KVStore(engine, config.requestTimeout(), null);
  }

  /**
   * A store with one member, in this process and in memory: for first steps and tests. {@link
   * #close} ends it and forgets what is in it.
   *
   * @throws StoreException when it does not serve within 10 s
   */
  public static KVStore open(KVStoreConfig config) {
    RabiaEngine engine =
        RabiaEngine.builder()
            .nodeId(ALONE)
            .cluster(ClusterConfig.parse(ALONE + "=localhost:1"))
            .stateMachine(new KvStateMachine(config))
            .transport(new InMemoryNetwork().transport(ALONE))
            .persistence(new InMemoryPersistence())
            .build();
    engine.start();
    long deadline = System.nanoTime() + START_NANOS;
    while (engine.status().join().state() != EngineState.SERVING) {
      if (System.nanoTime() - deadline > 0) {
        engine.close();
        throw new StoreException(StoreError.UNAVAILABLE, "did not serve within 10 s", null);
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    return new KVStore(engine, config.requestTimeout(), engine);
  }

  @Override
  protected CompletableFuture<byte[]> submit(byte[] command) {
    return engine.submit(Command.of(command), timeout);
  }

  @Override
  protected CompletableFuture<byte[]> read(byte[] query, ReadConsistency consistency) {
    return engine.read(query, consistency, timeout);
  }

  /**
   * Takes a snapshot of this member's state now, so that a restart reads that and the log behind
   * it.
   *
   * @return the slot and the hash that do not depend on any order, once it is durable
   * @throws StoreException when it cannot be written
   * @throws UnsupportedOperationException when this store is not all of an engine's state, but a
   *     part of it, or behind a fence: then it is the engine's to take
   */
  public Backup snapshot() {
    if (engine instanceof RabiaEngine member) {
      return await(member.snapshot(timeout));
    }
    throw new UnsupportedOperationException("ask the engine, RabiaEngine.snapshot");
  }

  /** Ends the subscriptions, and the engine that {@link #open} made. */
  @Override
  public void close() {
    super.close();
    expirer.close();
    if (own != null) {
      own.close();
    }
  }
}
