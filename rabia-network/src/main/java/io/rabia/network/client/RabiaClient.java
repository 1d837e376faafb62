package io.rabia.network.client;

import io.rabia.core.ClusterId;
import io.rabia.core.Command;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Any state machine somewhere else, in bytes: pipelined over one connection, with fail-over between
 * the servers, of which it needs to be told only some, commands executed exactly once within one
 * session, which is the client's own. What needs types puts a {@link
 * io.rabia.core.statemachine.TypedSubmitter} around it. Thread-safe. Futures complete on the
 * client's event loop, which they must not block.
 */
public final class RabiaClient implements Submitter, AutoCloseable {
  private final ClientCore core;
  private final ClientSession session;
  private final int first;

  private RabiaClient(ClientCore core) {
    this.core = core;
    session = core.newSession();
    first =
        core.config().choice() == ServerChoice.FIRST
            ? 0
            : ThreadLocalRandom.current().nextInt(core.servers().size());
  }

  /**
   * A client of the servers in {@code host:port,host:port,...}; connects with its first request.
   *
   * @throws RabiaException.Validation for a list that is none
   */
  public static RabiaClient connect(String servers) {
    return connect(servers, ClientConfig.defaults());
  }

  public static RabiaClient connect(String servers, ClientConfig config) {
    return new RabiaClient(ClientCore.connect(servers, config));
  }

  /**
   * Executes the command once, within {@link ClientConfig#requestTimeout}. Fails with {@link
   * RabiaException.Timeout} when it may have been executed and nobody said so in time, and with
   * {@link RabiaException.Network}, {@link RabiaException.NoQuorum} or {@link
   * RabiaException.Overload} when it was not.
   */
  public CompletableFuture<byte[]> submit(byte[] command) {
    return submit(command, core.config().requestTimeout());
  }

  private CompletableFuture<byte[]> submit(byte[] command, Duration timeout) {
    CompletableFuture<byte[]> future = new CompletableFuture<>();
    core.submit(session, command, first, timeout, completing(future));
    return future;
  }

  /**
   * As {@link Submitter#submit}, of a command without a session; one with a session fails with
   * {@link RabiaException.Validation}.
   */
  @Override
  public CompletableFuture<byte[]> submit(Command command, Duration timeout) {
    if (command.session() != 0) {
      return CompletableFuture.failedFuture(
          new RabiaException.Validation("a client has a session of its own"));
    }
    return submit(command.payload(), timeout);
  }

  /** Reads the state machine, within {@link ClientConfig#requestTimeout}. */
  public CompletableFuture<byte[]> read(byte[] query, ReadConsistency consistency) {
    return read(query, consistency, core.config().requestTimeout());
  }

  @Override
  public CompletableFuture<byte[]> read(
      byte[] query, ReadConsistency consistency, Duration timeout) {
    CompletableFuture<byte[]> future = new CompletableFuture<>();
    core.read(query, consistency, first, timeout, completing(future));
    return future;
  }

  private static ResultHandler completing(CompletableFuture<byte[]> future) {
    return (result, failure) -> {
      if (failure != null) {
        future.completeExceptionally(failure);
      } else {
        future.complete(result);
      }
    };
  }

  /** Fails: the client has one, of its own. */
  @Override
  public CompletableFuture<Long> openSession(Duration timeout) {
    return CompletableFuture.failedFuture(
        new RabiaException.Validation("a client has a session of its own"));
  }

  /** The servers that it knows now: those that it was given, then those that these have named. */
  public List<String> servers() {
    return core.knownServers();
  }

  /** Not known to a client: always {@link ClusterId#NONE}. */
  @Override
  public ClusterId clusterId() {
    return ClusterId.NONE;
  }

  /** Fails what is outstanding and ends the connections. */
  @Override
  public void close() {
    core.close();
  }
}
