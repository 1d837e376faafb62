package io.rabia.kvstore.server.cli;

import io.rabia.core.RabiaException;
import io.rabia.network.client.ClientCore;
import io.rabia.network.client.ResultHandler;
import io.rabia.network.wire.ErrorCode;
import io.rabia.network.wire.Fields;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** Asks servers what only operators ask. One thread, which waits for the answers. */
final class Operator implements AutoCloseable {
  /** So long a server is waited for when another one has answered. */
  private static final long GRACE_MILLIS = 2000;

  private final ClientCore core;
  private final Duration timeout;
  private final PrintWriter err;
  private final Set<String> warnings = new HashSet<>();

  /**
   * What one server knows, which may be old: it may be cut off from the others.
   *
   * @param server its place in the list
   * @param configuration the newest one that it has heard of
   */
  record View(int server, Fields configuration, Fields status) {
    /** Who knows the newest configuration first; of several, who serves. */
    static final Comparator<View> NEWEST =
        Comparator.comparing(View::epoch).thenComparing(View::serves).reversed();

    /** Who serves first; of several, who knows the newest configuration. */
    static final Comparator<View> SERVING =
        Comparator.comparing(View::serves).thenComparing(View::epoch).reversed();

    long epoch() {
      return configuration.number("epoch");
    }

    boolean serves() {
      return status.text("state").equals("SERVING");
    }
  }

  /**
   * @param line of the command, where warnings go
   */
  Operator(Servers servers, CommandLine line) {
    core = ClientCore.connect(servers.list, servers.clientConfig().withFindsMembers(false));
    timeout = servers.timeout();
    err = line.getErr();
  }

  /** How many servers there are to ask. */
  int servers() {
    return core.servers().size();
  }

  String address(int server) {
    return core.servers().get(server);
  }

  /** On standard error, once. */
  void warn(String text) {
    if (warnings.add(text)) {
      err.println("warning: " + text);
      err.flush();
    }
  }

  /**
   * What the servers know that answer soon, at least one, in this order or that of the list. Warns
   * of those that are behind, and when none is sure that it is not.
   *
   * @throws RabiaException why the first server of the list does not answer, when none does
   */
  List<View> views(Comparator<View> order) {
    List<CompletableFuture<View>> asked =
        IntStream.range(0, servers()).mapToObj(this::view).toList();
    CompletableFuture<Void> enough = new CompletableFuture<>();
    asked.forEach(
        view ->
            view.thenRun(
                () -> enough.completeOnTimeout(null, GRACE_MILLIS, TimeUnit.MILLISECONDS)));
    CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
        .whenComplete((nothing, failure) -> enough.complete(null));
    enough.join();
    List<View> views =
        asked.stream()
            .filter(view -> view.isDone() && !view.isCompletedExceptionally())
            .map(CompletableFuture::join)
            .sorted(order)
            .toList();
    if (views.isEmpty()) {
      return List.of(join(asked.get(0)));
    }
    warnOfOld(views);
    return views;
  }

  private CompletableFuture<View> view(int server) {
    CompletableFuture<byte[]> status = new CompletableFuture<>();
    core.status(server, timeout, completing(status));
    return ask(server, true, "members")
        .thenCombine(status, (members, line) -> new View(server, fields(members), fields(line)));
  }

  private void warnOfOld(List<View> views) {
    long newest = views.stream().mapToLong(View::epoch).max().orElseThrow();
    for (View view : views) {
      if (view.epoch() < newest) {
        warn(address(view.server) + " is behind: epoch " + view.epoch() + ", not " + newest);
      }
    }
    if (views.stream().noneMatch(View::serves)) {
      warn("none of the servers that answer is SERVING: what they know may be old");
    }
  }

  /** The answer of this server, or of another one when it cannot do it; throws as {@link #ask}. */
  Fields askFrom(int first, String line) {
    return fields(join(ask(first, false, line)));
  }

  /**
   * The answer of this server.
   *
   * @throws RabiaException what it was refused for, or why there is none
   */
  Fields ask(int server, String line) {
    return fields(join(ask(server, true, line)));
  }

  /** Content of an open backup of this server, from a position on; throws as {@link #ask}. */
  byte[] read(int server, String backup, long from) {
    return join(ask(server, true, "read backup=" + backup + " from=" + from));
  }

  private static Fields fields(byte[] answer) {
    return Fields.parse(new String(answer, StandardCharsets.UTF_8));
  }

  private CompletableFuture<byte[]> ask(int first, boolean onlyThere, String line) {
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    byte[] text = line.getBytes(StandardCharsets.UTF_8);
    core.administer(first, onlyThere, text, timeout, completing(answer));
    return answer;
  }

  private static ResultHandler completing(CompletableFuture<byte[]> answer) {
    return (byte @Nullable [] result, @Nullable RabiaException failure) -> {
      if (result != null) {
        answer.complete(result);
      } else {
        answer.completeExceptionally(failure);
      }
    };
  }

  private static <T> T join(CompletableFuture<T> answer) {
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
