package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.Command;
import io.rabia.core.CommandBatch;
import io.rabia.core.RabiaException;
import io.rabia.core.batching.BatchConfig;
import io.rabia.core.message.Message;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is over a bound is refused at once, and what was taken in is answered. */
class BackPressureTest {
  private static final int BOUND = 64;

  private final TestCluster cluster =
      new TestCluster(
          3,
          RabiaConfig.builder()
              .inboxCapacity(BOUND)
              .batching(BatchConfig.builder().maxBatchSize(8).bufferCapacity(100).build())
              .build());
  private final TestNode a = cluster.node(1);

  @AfterEach
  void end() {
    cluster.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private List<Answer> failed(List<Answer> answers, Class<? extends RabiaException> how) {
    return answers.stream()
        .filter(answer -> !answer.isOpen())
        .filter(answer -> answer.isFailure() && how.isInstance(answer.failure()))
        .toList();
  }

  @Test
  void aFullInboxRefusesAndEverythingTakenInIsExecutedOnce() {
    cluster.startAll();
    List<Answer> answers = new ArrayList<>();
    int refused = 0;
    for (int round = 0; round < 5; round++) {
      for (int i = 0; i < 2 * BOUND; i++) {
        Answer answer = new Answer();
        Command command = Command.of("c" + round + "." + i);
        if (a.agent().submit(command, Duration.ofSeconds(5).toNanos(), answer)) {
          answers.add(answer);
        } else {
          refused++;
        }
      }
      cluster.elapse(Duration.ofMillis(200));
    }
    assertThat(refused).isEqualTo(5 * BOUND);
    assertThat(answers).hasSize(5 * BOUND).allSatisfy(a -> assertThat(a.text()).contains("@"));
    assertThat(answers.stream().map(Answer::text).distinct()).hasSize(5 * BOUND);
    assertThat(a.machine.entries()).hasSize(5 * BOUND).doesNotHaveDuplicates();
  }

  @Test
  void commandsThatCannotBeDecidedFillTheBufferAndThenAreRefused() {
    cluster.startAll();
    a.submit("first");
    cluster.elapse(Duration.ofMillis(200));
    holdEverything();
    List<Answer> answers = submitMany(1000);
    List<Answer> refused = failed(answers, RabiaException.Overload.class);
    assertThat(refused).hasSizeBetween(500, 950);
    releaseEverything();
    answers.removeAll(refused);
    assertThat(answers).allSatisfy(answer -> assertThat(answer.text()).contains("@"));
    assertThat(a.machine.entries()).hasSize(1 + answers.size());
  }

  private List<Answer> submitMany(int count) {
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      answers.add(a.submit("c" + i));
      cluster.settle();
    }
    return answers;
  }

  private void holdEverything() {
    forAllWays(cluster.wires::hold);
  }

  private void releaseEverything() {
    forAllWays(cluster.wires::release);
    cluster.elapse(Duration.ofSeconds(2));
  }

  private static void forAllWays(java.util.function.BiConsumer<Integer, Integer> action) {
    for (int from = 1; from <= 3; from++) {
      for (int to = 1; to <= 3; to++) {
        if (from != to) {
          action.accept(from, to);
        }
      }
    }
  }

  @Test
  void readsThatNoBarrierReleasesAreBounded() {
    cluster.startAll();
    holdEverything();
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < 10 * BOUND; i++) {
      answers.add(a.read("all"));
      cluster.settle();
    }
    List<Answer> refused = failed(answers, RabiaException.Overload.class);
    assertThat(refused).hasSize(9 * BOUND);
    releaseEverything();
    answers.removeAll(refused);
    assertThat(answers).allSatisfy(answer -> assertThat(answer.text()).isEmpty());
  }

  @Test
  void readsThatTimedOutHoldNoPlace() {
    cluster.startAll();
    holdEverything();
    IntStream.range(0, BOUND).forEach(i -> a.read("all"));
    cluster.settle();
    cluster.elapse(TestNode.PATIENCE);
    Answer next = a.read("all");
    cluster.settle();
    assertThat(next.isOpen()).isTrue();
    releaseEverything();
    assertThat(next.text()).isEmpty();
  }

  @Test
  void waitsForSlotsAreBounded() {
    cluster.startAll();
    List<Boolean> refused = new ArrayList<>();
    for (int i = 0; i < 2 * BOUND; i++) {
      var status = a.statusAt(1_000_000);
      cluster.settle();
      refused.add(status.isCompletedExceptionally());
    }
    assertThat(refused.subList(0, BOUND)).containsOnly(false);
    assertThat(refused.subList(BOUND, 2 * BOUND)).containsOnly(true);
  }

  @Test
  void withoutAQuorumNothingIsTakenIn() {
    cluster.startAll();
    cluster.wires.cut(1, 2);
    cluster.wires.cut(1, 3);
    cluster.settle();
    Answer command = a.submit("x");
    Answer read = a.read("all");
    Answer session = a.openSession();
    Answer local = new Answer();
    assertThat(a.agent().inbox().offer(Request.read(bytes("all"), true, 1_000_000, local)))
        .isTrue();
    cluster.settle();
    assertThat(List.of(command, read, session))
        .allSatisfy(
            answer -> assertThat(answer.failure()).isInstanceOf(RabiaException.NoQuorum.class));
    assertThat(local.text()).isEmpty();
    assertThat(a.events).contains("quorum lost", "RECOVERING no-quorum");
  }

  @Test
  void whatWaitsTimesOutWithAnUnknownOutcomeAndMayStillBeExecuted() {
    cluster.startAll();
    a.submit("first");
    cluster.elapse(Duration.ofMillis(200));
    holdEverything();
    Answer answer = a.submit("slow");
    cluster.settle();
    cluster.elapse(TestNode.PATIENCE);
    assertThat(answer.failure()).isInstanceOf(RabiaException.Timeout.class);
    releaseEverything();
    assertThat(a.machine.entries()).containsExactly("first", "slow");
    assertThat(a.status().pending()).isZero();
  }

  // ---- bytes

  private static final int LARGE = 1 << 20;
  private static final int LARGE_COMMANDS = 16;

  private static TestCluster largeBatches() {
    BatchConfig batching = BatchConfig.builder().maxBatchBytes(LARGE).build();
    TestCluster cluster = new TestCluster(3, RabiaConfig.builder().batching(batching).build());
    cluster.startAll();
    cluster.node(1).submit("first");
    cluster.elapse(Duration.ofMillis(100));
    return cluster;
  }

  /** Each fills a batch. */
  private static List<Answer> submitLarge(TestNode node) {
    byte[] payload = new byte[LARGE - CommandBatch.HEADER - CommandBatch.COMMAND_HEADER];
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < LARGE_COMMANDS; i++) {
      answers.add(node.submit(Command.of(payload)));
    }
    return answers;
  }

  @Test
  void batchesBeyondTheBytesOutstandingWaitForThoseBeforeThem() {
    try (TestCluster large = largeBatches()) {
      large.wires.hold(1, 2);
      large.wires.hold(1, 3);
      large.wires.sent().clear();
      List<Answer> answers = submitLarge(large.node(1));
      large.elapse(Duration.ofMillis(10));
      assertThat(large.wires.sentBy(1, Message.Offer.class))
          .filteredOn(offer -> offer.batch() != null)
          .as("eight to each peer")
          .hasSize(2 * 8);
      large.wires.release(1, 2);
      large.wires.release(1, 3);
      large.elapse(Duration.ofMillis(100));
      assertThat(answers).allSatisfy(answer -> assertThat(answer.text()).contains("@"));
    }
  }

  @Test
  void largeBatchesThatArriveAtOnceAreLoggedInBoundedGroups() {
    try (TestCluster large = largeBatches()) {
      large.wires.hold(1, 3);
      large.wires.hold(2, 3);
      submitLarge(large.node(1));
      large.elapse(Duration.ofMillis(100));
      assertThat(large.node(1).machine.size()).isEqualTo(1 + LARGE_COMMANDS);
      assertThat(large.node(3).machine.size()).isEqualTo(1);
      large.wires.release(1, 3);
      large.wires.release(2, 3);
      large.elapse(Duration.ofMillis(100));
      assertThat(large.node(3).machine.size()).isEqualTo(1 + LARGE_COMMANDS);
      assertThat(large.node(3).log.largest()).isBetween(LARGE, 10 * LARGE);
    }
  }

  @Test
  void aNodeThatStopsAnswersEverythingThatItHadTakenIn() {
    cluster.startAll();
    holdEverything();
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < BOUND; i++) {
      answers.add(a.submit("c" + i));
    }
    a.work();
    for (int i = 0; i < BOUND; i++) {
      answers.add(a.submit("d" + i));
    }
    a.stop();
    assertThat(failed(answers, RabiaException.Closed.class)).hasSize(2 * BOUND);
  }

  @Test
  void aNodeWithAFullLargeInboxAnswersItAllWhenItStops() {
    try (TestCluster large =
        new TestCluster(1, RabiaConfig.builder().inboxCapacity(1 << 14).build())) {
      large.startAll();
      List<Answer> answers = new ArrayList<>();
      for (int i = 0; i < 1 << 14; i++) {
        answers.add(large.node(1).submit("c"));
      }
      large.node(1).stop();
      assertThat(answers)
          .allSatisfy(a -> assertThat(a.failure()).isInstanceOf(RabiaException.Closed.class));
    }
  }
}
