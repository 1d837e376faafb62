package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.RabiaException;
import io.rabia.core.message.Message;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A promise is durable before it leaves, and before it counts for whoever gave it. */
class ObligationTest {
  private static final Duration WHILE = Duration.ofMillis(10);

  private final TestCluster cluster = new TestCluster(3);
  private final TestNode a = cluster.node(1);
  private final TestNode b = cluster.node(2);
  private int before;

  @BeforeEach
  void start() {
    cluster.startAll();
    Answer warm = a.submit("warm up");
    cluster.elapse(Duration.ofSeconds(1));
    assertThat(warm.text()).isEqualTo("warm up@1");
    before = cluster.wires.sent().size();
  }

  @AfterEach
  void end() {
    cluster.nodes().forEach(node -> node.log.automatic());
    cluster.close();
  }

  private List<Message> promisesOf(int member) {
    return cluster.wires.sent().subList(before, cluster.wires.sent().size()).stream()
        .filter(frame -> frame.from() == member)
        .flatMap(frame -> frame.messages().stream())
        .filter(
            message ->
                message instanceof Message.Propose
                    || message instanceof Message.Vote1
                    || message instanceof Message.Vote2)
        .toList();
  }

  /** First the decisions, which nobody waited for, then the mark that all of it is safe. */
  @Test
  void atRestTheLogIsFlushedTwiceAndNoMore() {
    a.submit("x");
    cluster.settle();
    assertThat(a.log.unforced()).as("the last decision").isPositive();
    int flushes = a.log.flushes();
    cluster.elapse(Duration.ofSeconds(1));
    assertThat(a.log.unforced()).isZero();
    assertThat(a.log.flushes()).isEqualTo(flushes + 2);
    cluster.elapse(Duration.ofSeconds(10));
    assertThat(a.log.flushes()).isEqualTo(flushes + 2);
  }

  @Test
  void theOwnersProposalWaitsForItsForce() {
    a.log.manual();
    Answer answer = a.submit("x");
    cluster.elapse(WHILE);
    assertThat(promisesOf(1)).isEmpty();
    a.log.force();
    cluster.settle();
    assertThat(promisesOf(1))
        .anyMatch(message -> message instanceof Message.Propose p && BatchId.isBatch(p.id()));
    a.log.automatic();
    cluster.elapse(WHILE);
    assertThat(answer.text()).isEqualTo("x@2");
  }

  @Test
  void theVotesOfTheOthersWaitForTheirForce() {
    b.log.manual();
    Answer answer = a.submit("x");
    cluster.elapse(WHILE);
    assertThat(promisesOf(2)).isEmpty();
    assertThat(answer.text()).as("the others are enough").isEqualTo("x@2");
    b.log.force();
    cluster.settle();
    assertThat(promisesOf(2)).isNotEmpty();
  }

  @Test
  void anAnswerWaitsForTheForceOfTheOwnVoteThatItNeeds() {
    cluster.node(3).kill();
    cluster.settle();
    Answer warm = a.submit("two are enough");
    cluster.elapse(Duration.ofSeconds(1));
    assertThat(warm.isOpen()).isFalse();
    Answer answer = a.submit("x");
    a.work();
    a.log.manual();
    cluster.elapse(WHILE);
    assertThat(answer.isOpen()).as("A's vote is not durable").isTrue();
    assertThat(b.machine.entries()).as("and did not leave").doesNotContain("x");
    a.log.automatic();
    cluster.elapse(WHILE);
    assertThat(answer.text()).isEqualTo("x@3");
  }

  @Test
  void nothingOvertakesAFrameThatWaits() {
    a.log.manual();
    a.submit("x");
    cluster.settle();
    Answer read = b.read("all");
    cluster.elapse(WHILE);
    assertThat(read.text()).as("C answers the probe").contains("warm up", "x");
    assertThat(
            cluster.wires.sent().subList(before, cluster.wires.sent().size()).stream()
                .filter(frame -> frame.from() == 1)
                .flatMap(frame -> frame.messages().stream())
                .filter(Message.ReadReply.class::isInstance))
        .as("A's answer stands behind its proposal")
        .isEmpty();
    a.log.automatic();
    cluster.elapse(WHILE);
    assertThat(cluster.wires.sentBy(1, Message.ReadReply.class)).isNotEmpty();
  }

  @Test
  void oneForceCoversAllThatWasWritten() {
    a.log.manual();
    Answer first = a.submit("x");
    cluster.settle();
    Answer second = b.submit("y");
    cluster.elapse(WHILE);
    a.log.automatic();
    cluster.elapse(WHILE);
    assertThat(first.isOpen() || second.isOpen()).isFalse();
  }

  @Test
  void whatItsOwnerOfferedAndForgotIsDecidedOnceByTheOthers() {
    a.log.manual();
    a.submit("x");
    cluster.elapse(WHILE);
    assertThat(b.machine.entries()).as("without a word of A").containsExactly("warm up", "x");
    assertThat(promisesOf(1)).isEmpty();
    a.kill();
    a.log.losePower();
    a.log.automatic();
    a.start();
    cluster.elapse(Duration.ofSeconds(1));
    Answer next = a.submit("next");
    cluster.elapse(WHILE);
    assertThat(next.text()).isEqualTo("next@3");
    assertThat(cluster.nodes())
        .allSatisfy(
            node -> assertThat(node.machine.entries()).containsExactly("warm up", "x", "next"));
  }

  @Test
  void whatWasNotForcedIsNotSaidAgainAfterAPowerCut() {
    a.log.manual();
    cluster.wires.hold(1, 2);
    cluster.wires.hold(1, 3);
    a.submit("x");
    cluster.elapse(WHILE);
    a.kill();
    cluster.wires.release(1, 2);
    cluster.wires.release(1, 3);
    a.log.losePower();
    a.log.automatic();
    a.start();
    cluster.elapse(Duration.ofSeconds(1));
    assertThat(cluster.nodes())
        .allSatisfy(node -> assertThat(node.machine.entries()).doesNotContain("x"));
    Answer next = a.submit("next");
    cluster.elapse(WHILE);
    assertThat(next.text()).isEqualTo("next@2");
  }

  @Test
  void heldFramesToAPeerThatWentAwayAreForNobody() {
    a.log.manual();
    a.submit("x");
    cluster.settle();
    cluster.wires.cut(1, 2);
    cluster.settle();
    cluster.wires.heal(1, 2);
    cluster.settle();
    before = cluster.wires.sent().size();
    a.log.automatic();
    cluster.elapse(Duration.ofMillis(200));
    assertThat(b.machine.entries()).contains("x");
  }

  @Test
  void aDiskThatFailsStopsTheNodeAndNotTheOthers() {
    a.log.breakDown();
    Answer lost = a.submit("x");
    cluster.settle();
    assertThat(a.failure()).isInstanceOf(RabiaException.Storage.class);
    assertThat(promisesOf(1)).isEmpty();
    Answer next = b.submit("y");
    cluster.elapse(Duration.ofMillis(500));
    assertThat(next.text()).isEqualTo("y@2");
    assertThat(lost.isOpen()).isTrue();
  }
}
