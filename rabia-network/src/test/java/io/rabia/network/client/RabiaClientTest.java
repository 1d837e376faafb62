package io.rabia.network.client;

import static io.rabia.network.client.Machine.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.util.internal.PlatformDependent;
import io.rabia.core.Command;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.network.server.PortStatistics.Event;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A state machine that is somewhere else, over real sockets. */
@Timeout(30)
final class RabiaClientTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  private final Machine one = Machine.start(1);
  private final Machine two = Machine.start(2);

  @AfterEach
  void stop() {
    one.close();
    two.close();
  }

  private static void assertFails(
      CompletableFuture<?> future, Class<? extends RabiaException> type, String message) {
    assertThat(future)
        .failsWithin(SOON)
        .withThrowableThat()
        .withCauseInstanceOf(type)
        .withMessageContaining(message);
  }

  @Test
  void numbersItsCommandsInOneSession() {
    try (RabiaClient client = RabiaClient.connect(one.address())) {
      for (String text : List.of("a", "b", "c")) {
        assertThat(client.submit(bytes(text)))
            .succeedsWithin(SOON)
            .isEqualTo(bytes(text.toUpperCase(Locale.ROOT)));
      }
      assertThat(client.submit(Command.of(bytes("d")), SOON)).succeedsWithin(SOON);
    }
    assertThat(one.opened).hasValue(1);
    assertThat(one.commands)
        .extracting(Command::session)
        .containsOnly(one.commands.peek().session());
    assertThat(one.commands).extracting(Command::number).containsExactly(1L, 2L, 3L, 4L);
    assertThat(one.commands).extracting(Command::lowestUnanswered).containsExactly(1L, 2L, 3L, 4L);
  }

  @Test
  void endsItsSessionWhenItIsClosed() {
    try (RabiaClient client = RabiaClient.connect(one.address())) {
      assertThat(client.submit(bytes("x"))).succeedsWithin(SOON);
      assertThat(one.closed).isEmpty();
    }
    await().until(() -> List.of(one.commands.element().session()).equals(List.copyOf(one.closed)));
  }

  @Test
  void readsAsItIsAsked() {
    try (RabiaClient client = RabiaClient.connect(one.address())) {
      assertThat(client.read(bytes("q"), ReadConsistency.LOCAL)).succeedsWithin(SOON);
      assertThat(client.read(bytes("q"), ReadConsistency.LINEARIZABLE, SOON)).succeedsWithin(SOON);
    }
    assertThat(one.reads).containsExactly(ReadConsistency.LOCAL, ReadConsistency.LINEARIZABLE);
    assertThat(one.opened).as("no session is needed").hasValue(0);
  }

  @Test
  void keepsItsSessionToItself() {
    try (RabiaClient client = RabiaClient.connect(one.address())) {
      assertFails(client.openSession(SOON), RabiaException.Validation.class, "session of its own");
      Command numbered = new Command(5, 1, 1, bytes("x"));
      assertFails(
          client.submit(numbered, SOON), RabiaException.Validation.class, "session of its own");
    }
    assertThat(one.commands).isEmpty();
  }

  @Test
  void saysWhatTheStateMachineFailedWith() {
    one.answers =
        text ->
            CompletableFuture.failedFuture(new RabiaException.StateMachineFailure("no " + text));
    try (RabiaClient client = RabiaClient.connect(one.address())) {
      assertFails(client.submit(bytes("x")), RabiaException.StateMachineFailure.class, "no x");
    }
    assertThat(one.commands).as("another server would say the same").hasSize(1);
  }

  @Test
  void saysThatACommandWasFencedOff() {
    one.answers = text -> CompletableFuture.failedFuture(new RabiaException.Fenced("an old token"));
    two.answers = one.answers;
    try (RabiaClient client = RabiaClient.connect(one.address() + "," + two.address())) {
      assertFails(client.submit(bytes("x")), RabiaException.Fenced.class, "an old token");
    }
    assertThat(one.commands.size() + two.commands.size()).as("nobody says otherwise").isEqualTo(1);
  }

  @Test
  void aServerOfAStateMachineAloneTellsNoStatusAndTakesNoOrders() {
    try (ClientCore core = ClientCore.connect(one.address(), ClientConfig.defaults())) {
      CompletableFuture<byte[]> status = new CompletableFuture<>();
      CompletableFuture<byte[]> at = new CompletableFuture<>();
      CompletableFuture<byte[]> order = new CompletableFuture<>();
      core.status(0, SOON, completing(status));
      core.statusAt(0, 5, SOON, completing(at));
      core.administer(0, false, bytes("members"), SOON, completing(order));
      assertFails(status, RabiaException.Validation.class, "no status");
      assertFails(at, RabiaException.Validation.class, "no status");
      assertFails(order, RabiaException.Validation.class, "no orders");
    }
  }

  private static ResultHandler completing(CompletableFuture<byte[]> future) {
    return (result, failure) -> {
      if (failure == null) {
        future.complete(result);
      } else {
        future.completeExceptionally(failure);
      }
    };
  }

  @Test
  void aServerThatDrainsAnswersWhatItHasAndSendsTheRestElsewhere() {
    CompletableFuture<byte[]> slow = new CompletableFuture<>();
    one.answers =
        text -> text.equals("slow") ? slow : CompletableFuture.completedFuture(bytes("1"));
    try (ClientCore core =
        ClientCore.connect(one.address() + "," + two.address(), ClientConfig.defaults())) {
      Machine.connectToFirst(core);
      ClientSession session = core.newSession();
      CompletableFuture<byte[]> first = submit(core, session, "slow");
      await().until(() -> one.commands.size() == 1);
      CompletableFuture<Boolean> drained =
          CompletableFuture.supplyAsync(() -> one.server().drain(SOON));
      await()
          .until(
              () -> {
                assertThat(submit(core, session, "more")).succeedsWithin(SOON);
                return !two.commands.isEmpty();
              });
      assertThat(drained).isNotDone();
      slow.complete(bytes("at last"));
      assertThat(first).succeedsWithin(SOON).isEqualTo(bytes("at last"));
      assertThat(drained).succeedsWithin(SOON).isEqualTo(true);
    }
  }

  private static CompletableFuture<byte[]> submit(
      ClientCore core, ClientSession session, String text) {
    CompletableFuture<byte[]> future = new CompletableFuture<>();
    core.submit(session, bytes(text), 0, SOON, completing(future));
    return future;
  }

  @Test
  void waitsForAsLongAsAnybodyMayWant() {
    try (RabiaClient client = RabiaClient.connect(one.address())) {
      for (Duration timeout : List.of(Duration.ofDays(40), ChronoUnit.FOREVER.getDuration())) {
        assertThat(client.submit(Command.of(bytes("x")), timeout)).succeedsWithin(SOON);
      }
      assertThat(one.timeouts).allMatch(timeout -> timeout.toDays() > 20);
    }
    assertThat(one.count(Event.ACCEPTED)).isEqualTo(1);
  }

  @Test
  void holdsNoMoreBytesThanItsBoundAndAlwaysOneRequest() {
    CompletableFuture<byte[]> blocked = new CompletableFuture<>();
    one.answers = text -> blocked;
    ClientConfig config = ClientConfig.defaults().withMaxBytes(10_000);
    try (RabiaClient client = RabiaClient.connect(one.address(), config)) {
      CompletableFuture<byte[]> large = client.submit(new byte[50_000]);
      assertFails(client.submit(new byte[1]), RabiaException.Overload.class, "holds 50000 bytes");
      blocked.complete(bytes("done"));
      assertThat(large).succeedsWithin(SOON);
      one.answers = text -> new CompletableFuture<>();
      List<CompletableFuture<byte[]>> sent = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        sent.add(client.submit(new byte[1000]));
      }
      await()
          .until(
              () ->
                  sent.stream().filter(CompletableFuture::isCompletedExceptionally).count() == 10);
    }
  }

  @Test
  void sendsNoFasterThanTheServerTakes() {
    CompletableFuture<byte[]> done = new CompletableFuture<>();
    one.answers = text -> done;
    try (RabiaClient client = RabiaClient.connect(one.address())) {
      long before = PlatformDependent.usedDirectMemory();
      List<CompletableFuture<byte[]>> sent = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        sent.add(client.submit(new byte[1 << 20]));
      }
      await().until(() -> one.commands.size() == 50);
      long used = PlatformDependent.usedDirectMemory() - before;
      assertThat(used).as("bytes of buffers").isLessThan(32 << 20);
      done.complete(bytes("done"));
      sent.forEach(future -> assertThat(future).succeedsWithin(SOON));
    }
  }

  @Test
  void aConnectionOpensNoMoreSessionsThanItMay() {
    ClientConfig config = ClientConfig.defaults();
    try (ClientCore core = ClientCore.connect(one.address(), config)) {
      for (int i = 0; i < 4096; i++) {
        core.submit(core.newSession(), bytes("x"), 0, SOON, (result, failure) -> {});
      }
      await().until(() -> one.commands.size() == 4096);
      CompletableFuture<byte[]> oneMore = new CompletableFuture<>();
      core.submit(core.newSession(), bytes("x"), 0, Duration.ofMillis(200), completing(oneMore));
      assertFails(oneMore, RabiaException.Overload.class, "4096 sessions");
      assertThat(one.opened).hasValue(4096);
    }
  }
}
