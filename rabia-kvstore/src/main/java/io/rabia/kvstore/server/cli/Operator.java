package io.rabia.kvstore.server.cli;

import io.rabia.core.RabiaException;
import io.rabia.network.client.ClientCore;
import io.rabia.network.client.ResultHandler;
import io.rabia.network.wire.ErrorCode;
import io.rabia.network.wire.Fields;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Asks servers what only operators ask. One thread, which waits for the answers. */
final class Operator implements AutoCloseable {
  private final ClientCore core;
  private final Duration timeout;

  Operator(Servers servers) {
    core = ClientCore.connect(servers.list, servers.clientConfig());
    timeout = servers.timeout();
  }

  /** How many servers there are to ask. */
  int servers() {
    return core.servers().size();
  }

  String address(int server) {
    return core.servers().get(server);
  }

  /**
   * The answer of any server.
   *
   * @throws RabiaException what it was refused for, or why there is none
   */
  Fields askAny(String line) {
    return Fields.parse(text(ask(0, false, line)));
  }

  /** The answer of this one; throws as {@link #askAny}. */
  Fields ask(int server, String line) {
    return Fields.parse(text(ask(server, true, line)));
  }

  /** Content of an open backup of this server, from a position on. */
  byte[] read(int server, String backup, long from) {
    return ask(server, true, "read backup=" + backup + " from=" + from);
  }

  private static String text(byte[] answer) {
    return new String(answer, StandardCharsets.UTF_8);
  }

  private byte[] ask(int first, boolean onlyThere, String line) {
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    ResultHandler handler =
        (byte @Nullable [] result, @Nullable RabiaException failure) -> {
          if (result != null) {
            answer.complete(result);
          } else {
            answer.completeExceptionally(failure);
          }
        };
    byte[] text = line.getBytes(StandardCharsets.UTF_8);
    core.administer(first, onlyThere, text, timeout, handler);
    try {
      return answer.join();
    } catch (CompletionException e) {
      throw (RabiaException) ErrorCode.unwrap(e);
    }
  }

  @Override
  public void close() {
    core.close();
  }
}
