package io.rabia.kvstore.client;

import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.kvstore.KvOperations;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A store somewhere else: pipelined over one connection, with fail-over between the servers,
 * commands executed exactly once within one session. Thread-safe. Futures complete on the client's
 * event loop.
 */
public final class KvClient extends KvOperations {
  private final ClientCore core;
  private final ClientSession session;
  private final int first;

  private KvClient(ClientCore core) {
    this.core = core;
    session = core.newSession();
    first = ThreadLocalRandom.current().nextInt(core.servers().size());
  }

  /**
   * A client of the servers in {@code host:port,host:port,...}; connects with its first request.
   */
  public static KvClient connect(String servers) {
    return connect(servers, ClientConfig.defaults());
  }

  public static KvClient connect(String servers, ClientConfig config) {
    return new KvClient(ClientCore.connect(servers, config));
  }

  @Override
  protected CompletableFuture<byte[]> submit(byte[] command) {
    CompletableFuture<byte[]> future = new CompletableFuture<>();
    core.submit(session, command, first, core.config().requestTimeout(), completing(future));
    return future;
  }

  @Override
  protected CompletableFuture<byte[]> read(byte[] query, ReadConsistency consistency) {
    CompletableFuture<byte[]> future = new CompletableFuture<>();
    core.read(query, consistency, first, core.config().requestTimeout(), completing(future));
    return future;
  }

  private static ResultHandler completing(CompletableFuture<byte[]> future) {
    return (byte @Nullable [] result, @Nullable RabiaException failure) -> {
      if (failure != null) {
        future.completeExceptionally(failure);
      } else {
        future.complete(result);
      }
    };
  }

  /** Fails what is outstanding and ends the subscriptions and the connections. */
  @Override
  public void close() {
    super.close();
    core.close();
  }
}
