package io.rabia.kvstore.server.cli;

import static io.rabia.kvstore.server.cli.ServerProcesses.awaitSoon;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.rabia.core.ClusterId;
import io.rabia.kvstore.KvCodec;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvResult;
import io.rabia.kvstore.RawClient;
import io.rabia.kvstore.StoreError;
import io.rabia.kvstore.StoreException;
import io.rabia.kvstore.client.KvClient;
import io.rabia.network.wire.ErrorCode;
import io.rabia.network.wire.Frames;
import io.rabia.network.wire.Hello;
import io.rabia.network.wire.Request;
import io.rabia.network.wire.RequestKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What clients are promised, asked of three servers that are processes. */
@Tag("integration")
@Tag("long")
@Timeout(120)
final class ClientPromisesTest {
  private static final int TIMEOUT_MILLIS = 20_000;

  /** Each of three members would close a session of two seconds within this time. */
  private static final Duration IDLE = Duration.ofSeconds(6);

  @TempDir private Path directory;

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static byte[] increment(String key) {
    return KvCodec.encode(new KvCommand.Increment(bytes(key), 1));
  }

  /** An answer of the client protocol. */
  private record Answer(ErrorCode code, byte[] body) {
    KvResult result() {
      assertThat(code).isEqualTo(ErrorCode.OK);
      return KvCodec.decodeResult(body);
    }
  }

  private static Answer ask(ServerProcesses servers, int id, Request request) throws IOException {
    try (RawClient client = new RawClient(servers.port(id, "client"))) {
      client.send(b -> Frames.writeHello(b, new Hello(1, ClusterId.NONE, Integer.MAX_VALUE)));
      assertThat(client.frame().readByte()).isEqualTo(Frames.WELCOME);
      client.send(b -> Frames.writeRequest(b, request));
      ByteBuf response = client.frame();
      assertThat(response.readByte()).isEqualTo(Frames.RESPONSE);
      assertThat(Frames.readCorrelation(response)).isEqualTo(request.correlation());
      return new Answer(ErrorCode.of(response.readByte()), Frames.rest(response));
    }
  }

  private static long openSession(ServerProcesses servers, int id) throws IOException {
    Request open = Request.of(1, RequestKind.OPEN_SESSION, TIMEOUT_MILLIS, 0, null);
    Answer opened = ask(servers, id, open);
    assertThat(opened.code()).isEqualTo(ErrorCode.OK);
    return ByteBuffer.wrap(opened.body()).getLong();
  }

  private static Request submit(long session, long number, long lowest, byte[] command) {
    return Request.submit(7, TIMEOUT_MILLIS, session, number, lowest, command);
  }

  @Test
  void whatIsSentAgainIsExecutedOnceThroughWhateverServerAfterARestartAndASnapshot()
      throws IOException {
    try (ServerProcesses servers =
            new ServerProcesses(directory, 3, "os")
                .with("--snapshot-slots=100", "--retained-slots=64", "--segment-mb=1")
                .startAll();
        KvClient others = KvClient.connect(servers.servers())) {
      long session = openSession(servers, 1);
      long equal = openSession(servers, 2);
      Request first = submit(session, 1, 1, increment("n"));
      Answer answer = ask(servers, 1, first);
      assertThat(answer.result()).isInstanceOf(KvResult.Number.class);
      assertThat(ask(servers, 2, first).body()).as("elsewhere").isEqualTo(answer.body());
      Answer second = ask(servers, 3, submit(equal, 1, 1, increment("n")));
      assertThat(((KvResult.Number) second.result()).value())
          .as("equal bytes of another client")
          .isEqualTo(2);
      for (int i = 0; i < 300; i++) {
        others.set("k" + i, "v");
      }
      assertThat(servers.run("snapshot").code()).isZero();
      servers.kill(servers.all());
      servers.start(servers.all());
      servers.awaitServing(servers.all());
      for (int id : servers.all()) {
        assertThat(ask(servers, id, first).body())
            .as("after a restart from a snapshot, at %d", id)
            .isEqualTo(answer.body());
      }
      assertThat(others.get("n")).contains("2");
      Answer refused = ask(servers, 3, submit(session + 1, 1, 1, increment("n")));
      assertThat(refused.code())
          .as("a session that is not open")
          .isEqualTo(ErrorCode.SESSION_CLOSED);
      Answer next = ask(servers, 2, submit(session, 2, 2, increment("n")));
      assertThat(((KvResult.Number) next.result()).value()).isEqualTo(3);
      assertThat(ask(servers, 1, first).code())
          .as("what the client has said it was answered")
          .isEqualTo(ErrorCode.VALIDATION);
      assertThat(others.get("n")).contains("3");
      servers.assertEqual();
    }
  }

  /** Others write meanwhile, at a moderate pace, so that log time goes on. */
  @Test
  void whatIsSentAgainAfterItsSessionWasClosedIsRefusedAndNotExecuted() throws IOException {
    try (ServerProcesses servers =
            new ServerProcesses(directory, 3, "os").with("--session-seconds=2").startAll();
        KvClient others = KvClient.connect(servers.servers())) {
      long session = openSession(servers, 1);
      Request sent = submit(session, 1, 1, increment("n"));
      assertThat(((KvResult.Number) ask(servers, 1, sent).result()).value()).isEqualTo(1);
      assertThat(((KvResult.Number) ask(servers, 2, sent).result()).value()).isEqualTo(1);
      long end = System.nanoTime() + IDLE.toNanos();
      awaitSoon("a session that is idle for long")
          .until(
              () -> {
                others.increment("others", 1);
                return System.nanoTime() - end > 0;
              });
      for (int id : servers.all()) {
        assertThat(ask(servers, id, sent).code()).isEqualTo(ErrorCode.SESSION_CLOSED);
        Request next = submit(session, 2, 2, increment("n"));
        assertThat(ask(servers, id, next).code()).isEqualTo(ErrorCode.SESSION_CLOSED);
      }
      assertThat(others.get("n")).contains("1");
      servers.assertEqual();
    }
  }

  private static void refused(StoreError error, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(StoreException.class, e -> assertThat(e.error()).isEqualTo(error));
  }

  @Test
  void whatIsOutOfBoundsIsRefusedAlikeEverywhereAndChangesNothing() {
    try (ServerProcesses servers =
            new ServerProcesses(directory, 3, "os")
                .with("--max-entries=1100", "--max-memory-mb=1", "--max-value-size=400000")
                .startAll();
        KvClient kv = KvClient.connect(servers.servers())) {
      kv.set("max", Long.toString(Long.MAX_VALUE));
      kv.set("text", "x");
      refused(StoreError.INVALID_KEY, () -> kv.set("", "x"));
      refused(StoreError.INVALID_KEY, () -> kv.set("k".repeat(1025), "x"));
      refused(StoreError.VALUE_TOO_LARGE, () -> kv.set(bytes("a"), new byte[400_001]));
      refused(StoreError.OVERFLOW, () -> kv.increment("max", 1));
      refused(StoreError.NOT_A_NUMBER, () -> kv.increment("text", 1));
      kv.set(bytes("large"), new byte[400_000]);
      kv.set(bytes("larger"), new byte[400_000]);
      refused(StoreError.STORE_FULL, () -> kv.set(bytes("largest"), new byte[400_000]));
      kv.delete("large");
      kv.delete("larger");

      List<KvCommand> many = new ArrayList<>();
      for (int i = 0; i < 999; i++) {
        many.add(new KvCommand.Set(bytes("t" + i), bytes("v")));
      }
      List<KvCommand> spoilt = new ArrayList<>(many);
      spoilt.add(new KvCommand.Increment(bytes("text"), 1));
      refused(StoreError.NOT_A_NUMBER, () -> kv.batch(spoilt));
      assertThat(kv.size()).as("all or nothing").isEqualTo(2);
      many.add(new KvCommand.Delete(List.of(bytes("text"))));
      assertThat(kv.batch(many)).hasSize(1000).last().isEqualTo(new KvResult.Deleted(1));
      assertThat(kv.size()).isEqualTo(1000);
      KvCommand again = new KvCommand.Increment(bytes("twice"), 1);
      assertThat(kv.batch(Collections.nCopies(3, again)))
          .extracting(result -> ((KvResult.Number) result).value())
          .as("the same key again and again")
          .containsExactly(1L, 2L, 3L);
      refused(
          StoreError.STORE_FULL,
          () ->
              kv.batch(
                  IntStream.range(0, 200)
                      .<KvCommand>mapToObj(i -> new KvCommand.Set(bytes("e" + i), bytes("v")))
                      .toList()));
      assertThat(kv.getAll(List.of("e0", "twice"))).isEqualTo(Map.of("twice", "3"));
      servers.assertEqual();
    }
  }
}
