package io.rabia.kvstore.client;

import io.rabia.core.ReadConsistency;
import io.rabia.kvstore.KvOperations;
import io.rabia.network.client.ClientConfig;
import io.rabia.network.client.RabiaClient;
import java.util.concurrent.CompletableFuture;

/**
 * A store somewhere else: pipelined over one connection, with fail-over between the servers,
 * commands executed exactly once within one session. Thread-safe. Futures complete on the client's
 * event loop.
 */
public final class KvClient extends KvOperations {
  private final RabiaClient client;

  private KvClient(RabiaClient client) {
    this.client = client;
  }

  /**
   * A client of the servers in {@code host:port,host:port,...}; connects with its first request.
   */
  public static KvClient connect(String servers) {
    return connect(servers, ClientConfig.defaults());
  }

  public static KvClient connect(String servers, ClientConfig config) {
    return new KvClient(RabiaClient.connect(servers, config));
  }

  @Override
  protected CompletableFuture<byte[]> submit(byte[] command) {
    return client.submit(command);
  }

  @Override
  protected CompletableFuture<byte[]> read(byte[] query, ReadConsistency consistency) {
    return client.read(query, consistency);
  }

  /** Fails what is outstanding and ends the subscriptions and the connections. */
  @Override
  public void close() {
    super.close();
    client.close();
  }
}
