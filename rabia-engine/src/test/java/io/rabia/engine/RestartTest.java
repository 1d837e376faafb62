package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.RabiaException;
import io.rabia.core.message.Message;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Members that come back with their logs: protocol.md 6, and 10, numbers 8 and 20. */
class RestartTest {
  private final TestCluster cluster = TestCluster.serving(3);
  private final TestNode a = cluster.node(1);
  private final TestNode b = cluster.node(2);
  private final TestNode c = cluster.node(3);

  @AfterEach
  void end() {
    cluster.close();
  }

  private void waitAWhile() {
    cluster.elapse(Duration.ofMillis(500));
  }

  private String execute(TestNode node, String command) {
    Answer answer = node.submit(command);
    waitAWhile();
    return answer.text();
  }

  @Test
  void aBatchNumberNamesOneContentHoweverOftenItsOriginDies() {
    for (int life = 0; life < 6; life++) {
      a.submit("answered or not, life " + life);
      if (life % 2 == 0) {
        a.work();
      } else {
        cluster.settle();
      }
      a.kill();
      a.log.losePower();
      waitAWhile();
      a.start();
      waitAWhile();
    }
    execute(a, "the end");
    Map<Long, CommandBatch> contents = new HashMap<>();
    for (Message.Propose propose : cluster.wires.sentBy(1, Message.Propose.class)) {
      CommandBatch batch = propose.batch();
      if (batch != null) {
        CommandBatch before = contents.putIfAbsent(propose.id(), batch);
        assertThat(before == null || before.equals(batch)).isTrue();
      }
    }
    assertThat(contents.keySet().stream().map(BatchId::number).distinct()).hasSizeGreaterThan(6);
    assertThat(a.machine.entries()).doesNotHaveDuplicates().endsWith("the end");
  }

  @Test
  void numbersGoOnBehindTheBlockOfTheFormerRun() {
    execute(a, "before");
    a.kill();
    a.start();
    waitAWhile();
    int sent = cluster.wires.sentBy(1, Message.Propose.class).size();
    execute(a, "after");
    assertThat(cluster.wires.sentBy(1, Message.Propose.class).stream().skip(sent))
        .filteredOn(propose -> propose.batch() != null && BatchId.origin(propose.id()) == 0)
        .isNotEmpty()
        .allMatch(propose -> BatchId.number(propose.id()) > 1 << 16);
  }

  @Test
  void aClusterOfWhichAllWereKilledGoesOnWhenAQuorumIsBack() {
    assertThat(execute(a, "one")).isEqualTo("one@1");
    cluster.nodes().forEach(TestNode::kill);
    cluster.nodes().forEach(node -> node.log.losePower());
    a.start();
    waitAWhile();
    assertThat(a.machine.entries()).as("what it can know without anybody").isSubsetOf("one");
    Answer refused = a.submit("alone");
    cluster.settle();
    assertThat(refused.failure()).isInstanceOf(RabiaException.NoQuorum.class);
    c.start();
    waitAWhile();
    assertThat(execute(c, "two")).isEqualTo("two@2");
    b.start();
    waitAWhile();
    assertThat(b.machine.entries()).containsExactly("one", "two");
  }

  @Test
  void nothingAnsweredIsLostWhenAllAreKilledAtAnyStep() {
    int answered = 0;
    for (int steps = 0; steps < 30; steps++) {
      Answer answer = cluster.node(1 + steps % 3).submit("c" + steps);
      for (int step = 0; step < steps; step++) {
        cluster.node(1 + step % 3).work();
      }
      boolean promised = !answer.isOpen() && !answer.isFailure();
      answered += promised ? 1 : 0;
      cluster.nodes().forEach(TestNode::kill);
      cluster.nodes().forEach(node -> node.log.losePower());
      cluster.startAll();
      waitAWhile();
      String command = "c" + steps;
      for (TestNode node : cluster.nodes()) {
        assertThat(node.machine.entries()).doesNotHaveDuplicates();
        if (promised) {
          assertThat(node.machine.entries()).contains(command);
        }
      }
    }
    assertThat(answered).isBetween(5, 29);
  }

  @Test
  void twoOfThreeKilledMakeNoProgressAndNoWrongAnswerUntilOneIsBack() {
    execute(a, "one");
    b.kill();
    c.kill();
    waitAWhile();
    Answer write = a.submit("two");
    Answer read = a.read("all");
    waitAWhile();
    assertThat(write.failure()).isInstanceOf(RabiaException.NoQuorum.class);
    assertThat(read.failure()).isInstanceOf(RabiaException.NoQuorum.class);
    b.start();
    waitAWhile();
    Answer again = a.read("all");
    cluster.settle();
    assertThat(again.text()).isEqualTo("one");
    assertThat(execute(b, "two")).isEqualTo("two@2");
  }

  @Test
  void whoWasAwayCatchesUpFromAnotherMembersLog() {
    c.kill();
    for (int i = 0; i < 200; i++) {
      a.submit("c" + i);
      cluster.elapse(Duration.ofMillis(5));
    }
    a.kill();
    b.kill();
    a.start();
    b.start();
    waitAWhile();
    c.start();
    cluster.elapse(Duration.ofSeconds(2));
    assertThat(c.machine.entries()).hasSize(200).isEqualTo(a.machine.entries());
    assertThat(c.status().hash()).isEqualTo(a.status().hash());
  }
}
