package io.rabia.kvstore;

import io.rabia.core.Command;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * The store of a cluster that this process is a member of. Thread-safe. The engine behind it must run a {@link
 * KvStateMachine} and stays the caller's to start and to close.
 */
public final class KVStore extends KvOperations {
  private final Submitter engine;
  private final Duration timeout;

  private KVStore(Submitter engine, Duration timeout) {
    this.engine = engine;
    this.timeout = timeout;
  }

  /** The store over a running engine; of the configuration it reads {@link KVStoreConfig#requestTimeout()}. */
  public static KVStore on(Submitter engine, KVStoreConfig config) {
    return new KVStore(engine, config.requestTimeout());
  }

  @Override
  protected CompletableFuture<byte[]> submit(byte[] command) {
    return engine.submit(Command.of(command), timeout);
  }

  @Override
  protected CompletableFuture<byte[]> read(byte[] query, ReadConsistency consistency) {
    return engine.read(query, consistency, timeout);
  }
}
