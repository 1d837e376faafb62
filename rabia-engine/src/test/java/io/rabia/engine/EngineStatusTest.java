package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.CommonCoin;
import io.rabia.core.EveryField;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.memory.MemoryPool;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.Init;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class EngineStatusTest {

  /** Of member 1 before anything has happened. */
  static EngineStatus fresh() {
    try (TestCluster cluster = new TestCluster(3)) {
      cluster.node(1).start();
      return cluster.node(1).status();
    }
  }

  private static EngineStatus serving(Consumer<TestCluster> events) {
    return serving(1, events);
  }

  private static EngineStatus serving(int of, Consumer<TestCluster> events) {
    try (TestCluster cluster = TestCluster.serving(3)) {
      events.accept(cluster);
      return cluster.node(of).status();
    }
  }

  /**
   * A lone command of member 1 at rest: its session, then itself, each in a round of three slots.
   */
  private static void loneCommand(TestCluster cluster) {
    cluster.node(1).submit("x");
    cluster.elapse(Duration.ofSeconds(1));
  }

  @Test
  void aStateMachineThatCannotTellItsHashFailsTheStatusAndNotTheNode() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode node = cluster.node(1);
      node.machine.withoutHash = true;
      var atSlot = node.statusAt(3);
      assertThatThrownBy(node::status).hasCauseInstanceOf(RabiaException.StateMachineFailure.class);
      loneCommand(cluster);
      assertThat(atSlot).isCompletedExceptionally();
      assertThat(node.isRunning()).isTrue();
      node.machine.withoutHash = false;
      assertThat(node.status().applied()).isEqualTo(6);
    }
  }

  /** Two members propose different things in each other's slots, and the third is dead. */
  private static void splitProposals(TestCluster cluster) {
    cluster.node(3).kill();
    cluster.settle();
    cluster.wires.hold(1, 2);
    cluster.wires.hold(2, 1);
    cluster.node(1).submit("x");
    cluster.node(2).submit("y");
    cluster.elapse(Duration.ofMillis(500));
    cluster.wires.release(1, 2);
    cluster.wires.release(2, 1);
    cluster.elapse(Duration.ofSeconds(5));
  }

  private static void undecided(TestCluster cluster) {
    cluster.wires.hold(1, 2);
    cluster.wires.hold(1, 3);
    cluster.node(1).submit("x");
    cluster.settle();
  }

  /** Two of three decide, the second one by its own vote, which its disk has not taken yet. */
  private static void decidedByAVoteThatIsNotDurable(TestCluster cluster) {
    cluster.node(3).kill();
    cluster.settle();
    cluster.node(1).log.manual();
    cluster.node(2).submit("x");
    cluster.settle();
    cluster.node(1).log.force();
    cluster.node(1).log.manual();
    cluster.settle();
  }

  @TestFactory
  Stream<DynamicTest> everyFieldIsProduced() {
    EngineStatus fresh = fresh();
    return EveryField.of(EngineStatus.class)
        .shows("id", fresh, NodeId.of(2), () -> serving(2, cluster -> {}))
        .shows("state", fresh, EngineState.SERVING, () -> serving(cluster -> {}))
        .shows("reason", fresh, "", () -> serving(cluster -> {}))
        .shows("epoch", fresh, 7L, EngineStatusTest::ofEpoch7)
        .shows("decided", fresh, 6L, () -> serving(EngineStatusTest::loneCommand))
        .shows("applied", fresh, 6L, () -> serving(EngineStatusTest::loneCommand))
        .shows("hash", fresh, hashAtMember3(), () -> serving(EngineStatusTest::loneCommand))
        .shows("data", fresh, () -> serving(EngineStatusTest::loneCommand))
        .shows("slots", fresh, 6L, () -> serving(EngineStatusTest::loneCommand))
        .shows("batches", fresh, 2L, () -> serving(EngineStatusTest::loneCommand))
        .shows("noop", fresh, 4L, () -> serving(EngineStatusTest::loneCommand))
        .shows("forfeits", fresh, () -> serving(EngineStatusTest::splitProposals))
        .shows("fast", fresh, () -> serving(EngineStatusTest::splitProposals))
        .shows("pending", fresh, 4L, () -> serving(EngineStatusTest::undecided))
        .shows("connected", fresh, 3, () -> serving(cluster -> {}))
        .shows("ownBatches", fresh, 2L, () -> serving(EngineStatusTest::loneCommand))
        .shows("forceMicros", fresh, () -> serving(EngineEventsTest::slowForces))
        .shows("late", fresh, List.of(NodeId.of(3)), () -> serving(EngineEventsTest::lateProposals))
        .shows("network", fresh, () -> serving(EngineStatusTest::loneCommand))
        .tests();
  }

  private static long hashAtMember3() {
    return serving(3, EngineStatusTest::loneCommand).hash();
  }

  private static EngineStatus ofEpoch7() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      Configuration formed = cluster.node(1).member().replica().configuration();
      EngineAgent.Parts parts =
          new EngineAgent.Parts(
              NodeId.of(1),
              TestCluster.config(3).build(),
              RabiaConfig.defaults(),
              new Journal(),
              new LonelyTransport(),
              new MemoryLog(),
              MemoryPool.shared(),
              Runnable::run,
              Runnable::run,
              new EngineListener() {},
              CommonCoin::keyed);
      Configuration seventh = new Configuration(7, 0, formed.alpha(), formed.members());
      Configuration.Member self = formed.members().get(0);
      SnapshotHead head =
          new SnapshotHead(
              self.id(), self.token(), new Init("test", formed.members(), formed.alpha(), 0, 0));
      try (Member member =
          new Member(
              parts,
              () -> 0,
              () -> head,
              self.token(),
              seventh,
              1,
              2,
              3,
              4,
              new Completions(Runnable::run),
              event -> {},
              5)) {
        return member.status(NodeId.of(1), EngineState.SERVING, "");
      }
    }
  }

  @Test
  void whatIsDecidedRunsAheadOfWhatIsApplied() {
    EngineStatus status = serving(EngineStatusTest::decidedByAVoteThatIsNotDurable);
    assertThat(status.decided()).isGreaterThanOrEqualTo(status.applied());
  }

  @Test
  void slotsCountFromTheStartOfTheProcess() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      loneCommand(cluster);
      TestNode node = cluster.node(1);
      node.kill();
      node.start();
      cluster.elapse(Duration.ofMillis(100));
      EngineStatus restarted = node.status();
      assertThat(restarted.applied()).isGreaterThanOrEqualTo(6);
      assertThat(restarted.slots()).isEqualTo(restarted.applied() - 6);
    }
  }

  @Test
  void statusAtASlotIsAnsweredExactlyThere() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode node = cluster.node(2);
      var atFour = node.statusAt(4);
      var atZero = node.statusAt(0);
      cluster.settle();
      assertThat(atZero.join().applied()).isZero();
      assertThat(atFour).isNotDone();
      loneCommand(cluster);
      assertThat(atFour.join().applied()).isEqualTo(4);
      var passed = node.statusAt(4);
      cluster.settle();
      assertThat(passed)
          .failsWithin(Duration.ofSeconds(1))
          .withThrowableOfType(ExecutionException.class)
          .withCauseInstanceOf(RabiaException.Validation.class);
    }
  }

  @Test
  void membersHaveTheSameHashAtEverySlot() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      List<List<CompletableFuture<EngineStatus>>> asked =
          LongStream.rangeClosed(0, 6)
              .mapToObj(slot -> cluster.nodes().stream().map(n -> n.statusAt(slot)).toList())
              .toList();
      cluster.settle();
      loneCommand(cluster);
      List<Long> hashes = new ArrayList<>();
      for (List<CompletableFuture<EngineStatus>> atSlot : asked) {
        List<Long> here = atSlot.stream().map(future -> future.join().hash()).distinct().toList();
        assertThat(here).hasSize(1);
        hashes.addAll(here);
      }
      assertThat(hashes.stream().distinct().count()).as("the two batches changed it").isEqualTo(3);
    }
  }
}
