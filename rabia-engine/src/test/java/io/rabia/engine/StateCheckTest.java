package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.RabiaException;
import io.rabia.engine.protocol.Decided;
import io.rabia.engine.protocol.Replica;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Members compare their states after every round of slots, which a lone command takes. */
class StateCheckTest {
  private static final Duration WHILE = Duration.ofSeconds(1);

  private static TestCluster cluster(int members) {
    RabiaConfig config = RabiaConfig.builder().stateCheckInterval(members).build();
    return new TestCluster(members, config).startAll();
  }

  private static Answer command(TestCluster cluster, int node) {
    Answer answer = cluster.node(node).submit("x");
    cluster.settle();
    return answer;
  }

  private static void assertStateOf(TestNode node, EngineState state, String reason) {
    assertThat(node.agent().state()).isEqualTo(state);
    assertThat(node.agent().reason()).isEqualTo(reason);
  }

  private static void assertStopped(TestNode node, long slot) {
    assertThat(node.isRunning()).isFalse();
    assertThat(node.failure())
        .isInstanceOf(RabiaException.Checksum.class)
        .hasMessageContaining("the state after slot " + slot + " ");
  }

  @Test
  void membersWithOneStateSayNothing() {
    try (TestCluster cluster = cluster(3)) {
      for (int i = 0; i < 20; i++) {
        command(cluster, 1 + i % 3);
      }
      assertThat(cluster.nodes())
          .allSatisfy(node -> assertThat(node.heard).doesNotContain("onStateDiffers"));
    }
  }

  @Test
  void whoseStateAMajorityContradictsStopsAndTheOthersNameMemberAndSlot() {
    try (TestCluster cluster = cluster(3)) {
      command(cluster, 1);
      cluster.node(2).machine.wrong = 1;
      command(cluster, 1);
      assertThat(command(cluster, 2).failure()).isInstanceOf(RabiaException.Unavailable.class);
      cluster.elapse(WHILE);
      assertStopped(cluster.node(2), 8);
      for (int right : new int[] {1, 3}) {
        assertThat(cluster.node(right).events).contains("wrong 2 after 8");
        assertThat(cluster.node(right).events).doesNotContain("wrong 1 after 8", "wrong 3 after 8");
      }
      cluster.elapse(WHILE);
      assertThat(command(cluster, 3).text()).isEqualTo("x@3");
    }
  }

  /** With what it wrote of its state it would serve what it should not. */
  @Test
  void whoWasWrongComesBackWithoutVotesAndState() {
    try (TestCluster cluster = cluster(3)) {
      command(cluster, 1);
      cluster.node(2).machine.wrong = 1;
      command(cluster, 1);
      cluster.elapse(WHILE);
      cluster.node(2).start();
      assertStateOf(
          cluster.node(2),
          EngineState.DEGRADED,
          "the_state_after_slot_8_is_not_that_of_a_majority_of_the_members");
      assertThat(cluster.node(2).machine.entries()).isEmpty();
    }
  }

  @Test
  void whileNobodyKnowsWhoIsWrongNobodyAnswersAndNobodyStopsUntilAThirdTells() {
    try (TestCluster cluster = cluster(3)) {
      cluster.node(3).kill();
      command(cluster, 1);
      cluster.node(2).machine.wrong = 1;
      command(cluster, 1);
      cluster.elapse(WHILE);
      assertStateOf(cluster.node(1), EngineState.RECOVERING, "states-differ");
      assertThat(cluster.node(1).events).contains("disputed 1 after 8", "disputed 2 after 8");
      assertThat(command(cluster, 1).failure()).isInstanceOf(RabiaException.Unavailable.class);
      assertThat(command(cluster, 2).failure()).isInstanceOf(RabiaException.Unavailable.class);
      cluster.node(3).start();
      cluster.elapse(WHILE);
      assertStopped(cluster.node(2), 8);
      assertThat(cluster.node(1).events).contains("wrong 2 after 8");
      assertStateOf(cluster.node(1), EngineState.SERVING, "");
      assertThat(command(cluster, 3).isFailure()).isFalse();
    }
  }

  /** It was compared with nobody where the two others differ, as it had died after that. */
  @Test
  void aThirdThatIsPastTheDifferenceTellsAtTheNextSlotThatAllHaveApplied() {
    try (TestCluster cluster = cluster(3)) {
      cluster.wires.hold(3, 1);
      cluster.wires.hold(3, 2);
      cluster.node(2).machine.wrong = 1;
      command(cluster, 1);
      cluster.node(3).kill();
      cluster.elapse(WHILE);
      assertStateOf(cluster.node(1), EngineState.RECOVERING, "states-differ");
      cluster.wires.release(3, 1);
      cluster.wires.release(3, 2);
      cluster.node(3).start();
      cluster.elapse(WHILE);
      assertThat(cluster.node(2).isRunning()).isFalse();
      assertStateOf(cluster.node(1), EngineState.SERVING, "");
      assertStateOf(cluster.node(3), EngineState.SERVING, "");
    }
  }

  @Test
  void whereNoMajorityCanAgreeAllStop() {
    try (TestCluster cluster = cluster(2)) {
      cluster.node(2).machine.wrong = 1;
      command(cluster, 1);
      cluster.elapse(WHILE);
      assertThat(cluster.nodes()).allSatisfy(node -> assertStopped(node, 1));
    }
    try (TestCluster cluster = cluster(3)) {
      cluster.node(2).machine.wrong = 1;
      cluster.node(3).machine.wrong = 2;
      command(cluster, 1);
      cluster.elapse(WHILE);
      assertThat(cluster.nodes()).allSatisfy(node -> assertStopped(node, 2));
    }
  }

  /** The others may hold one of after slot 8, and none of after slot 9. */
  @Test
  void aComparisonIsToldBeforeTheNextOneWhileStatesDiffer() {
    Replica replica = new ReplicaInstallTest().replica();
    StateCheck check = new StateCheck(replica, () -> 7, 8);
    for (long slot = 0; slot < 9; slot++) {
      replica.from(0, 0, 1).onDecide(slot, BatchId.NOOP, null);
      assertThat(replica.pollDecided(Long.MAX_VALUE, new Decided())).isTrue();
      check.applied();
    }
    replica.from(0, 0, 1).onStateHash(8, 6);
    assertThat(replica.states().disputed()).isTrue();
    check.advance(1_000_000_000, 1);
    assertThat(replica.states().applied()).isEqualTo(8);
    assertThat(replica.states().takeNews()).isTrue();
    check.advance(1_000_000_000, 1);
    assertThat(replica.states().applied()).isEqualTo(9);
  }

  @Test
  void aStateMachineThatCannotTellItsHashIsNotCompared() {
    try (TestCluster cluster = cluster(3)) {
      cluster.nodes().forEach(node -> node.machine.withoutHash = true);
      assertThat(command(cluster, 1).isFailure()).isFalse();
      cluster.node(1).machine.withoutHash = false;
      assertThat(command(cluster, 1).isFailure()).isFalse();
      assertThat(cluster.wires.sentBy(1, io.rabia.core.message.Message.StateHash.class)).isEmpty();
    }
  }
}
