package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.message.Message;
import io.rabia.core.persistence.Durability;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches that are sent ahead of the Proposes that wait for a force: protocol.md 3, rule 8. */
class OffersTest {
  private static final Duration WHILE = Duration.ofMillis(10);
  private static final int WARM_UPS = 2;
  private static final Duration RETURN = Duration.ofSeconds(5);

  /** Each has used a batch number; from now on nothing is durable before the test says so. */
  private static TestCluster warm(int members) {
    TestCluster cluster = TestCluster.serving(members);
    for (int i = 0; i < WARM_UPS * members; i++) {
      Answer warm = cluster.nodes().get(i % members).submit("warm up " + i);
      cluster.elapse(Duration.ofSeconds(1));
      assertThat(warm.isOpen()).isFalse();
    }
    cluster.nodes().forEach(node -> node.log.manual());
    cluster.wires.sent().clear();
    return cluster;
  }

  private static List<Message> votes(TestCluster cluster) {
    return cluster.wires.sent().stream()
        .flatMap(frame -> frame.messages().stream())
        .filter(m -> m instanceof Message.Vote1 || m instanceof Message.Vote2)
        .toList();
  }

  private static void assertOnce(TestCluster cluster, String command) {
    assertThat(cluster.nodes())
        .allSatisfy(node -> assertThat(node.machine.entries()).containsOnlyOnce(command));
  }

  /** What is answered to the first command after the warm-ups. */
  private static String x(int members) {
    return "x@" + (WARM_UPS * members + 1);
  }

  private static void free(TestCluster cluster) {
    cluster.nodes().forEach(node -> node.log.automatic());
  }

  /** Whoever is asked; those whose slots come before offer NOOP. */
  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5})
  void oneForceOfEachIsInThePathAndNobodyVotes(int members) {
    for (int asked = 1; asked <= members; asked++) {
      oneForceIsInThePath(members, asked);
    }
  }

  private static void oneForceIsInThePath(int members, int asked) {
    try (TestCluster cluster = warm(members)) {
      Answer answer = cluster.node(asked).submit("x");
      cluster.settle();
      assertThat(cluster.wires.sent(Message.Offer.class))
          .as("the one batch, and who had one lately says that it has none")
          .hasSize(members * (members - 1))
          .filteredOn(offer -> offer.batch() != null)
          .hasSize(members - 1);
      assertThat(cluster.nodes())
          .as("all force at the same time")
          .allSatisfy(node -> assertThat(node.log.unforced()).isPositive());
      assertThat(cluster.wires.sent(Message.Propose.class)).as("before its force").isEmpty();
      cluster.nodes().forEach(node -> node.log.force());
      cluster.settle();
      assertThat(answer.text()).as("after one force").isEqualTo(x(members));
      assertOnce(cluster, "x");
      assertThat(cluster.wires.sent(Message.Propose.class))
          .as("the batch is sent once")
          .allSatisfy(propose -> assertThat(propose.batch()).isNull());
      assertThat(votes(cluster)).isEmpty();
      free(cluster);
    }
  }

  /** A force that the engine's thread waits for would hold up what leaves with its next flush. */
  @Test
  void anOfferLeavesBeforeTheForceThatItIsToShare() {
    try (TestCluster cluster = warm(3)) {
      TestNode a = cluster.node(1);
      List<Integer> offered = new ArrayList<>();
      a.log.beforeFlush(() -> offered.add(cluster.wires.sentBy(1, Message.Offer.class).size()));
      a.submit("x");
      cluster.settle();
      assertThat(offered).first().as("batches, to both").isEqualTo(2);
      free(cluster);
    }
  }

  /** With four and five that is one round trip more than with three. */
  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5})
  void whenOneForceTakesLongerTheOthersVoteAfterAWhile(int members) {
    try (TestCluster cluster = warm(members)) {
      List<TestNode> prompt = cluster.nodes().subList(0, members - 1);
      Answer answer = cluster.node(1).submit("x");
      cluster.settle();
      prompt.forEach(node -> node.log.force());
      cluster.settle();
      assertThat(answer.isOpen()).isTrue();
      assertThat(prompt)
          .as("they wait for the last Propose")
          .allSatisfy(node -> assertThat(node.log.unforced()).isZero());
      cluster.elapse(WHILE);
      assertThat(prompt)
          .as("they force votes")
          .allSatisfy(node -> assertThat(node.log.unforced()).isPositive());
      assertThat(votes(cluster)).as("before their force").isEmpty();
      prompt.forEach(node -> node.log.force());
      cluster.settle();
      assertThat(answer.text()).isEqualTo(x(members));
      free(cluster);
      cluster.elapse(WHILE);
      assertOnce(cluster, "x");
    }
  }

  /** A decides on n equal Proposes, with its own among them, and acts on that after its force. */
  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5})
  void theOwnProposeDoesNotCountBeforeItsForce(int members) {
    try (TestCluster cluster = warm(members)) {
      TestNode a = cluster.node(1);
      Answer answer = a.submit("x");
      cluster.settle();
      cluster.nodes().subList(1, members).forEach(node -> node.log.force());
      cluster.settle();
      assertThat(a.member().replica().decidedPrefix())
          .as("all agree")
          .isGreaterThan(a.member().replica().applied());
      assertThat(a.machine.entries()).doesNotContain("x");
      assertThat(answer.isOpen()).isTrue();
      a.log.force();
      cluster.settle();
      assertThat(answer.text()).isEqualTo(x(members));
      free(cluster);
    }
  }

  @Test
  void aFollowerThatForgotItsProposeHadSaidNothing() {
    try (TestCluster cluster = warm(3)) {
      TestNode b = cluster.node(2);
      cluster.wires.hold(1, 3);
      Answer answer = cluster.node(1).submit("x");
      cluster.settle();
      cluster.node(1).log.force();
      cluster.settle();
      assertThat(b.log.unforced()).as("B follows the Offer").isPositive();
      b.kill();
      assertThat(cluster.wires.sentBy(2, Message.Propose.class)).isEmpty();
      b.log.losePower();
      free(cluster);
      b.start();
      cluster.settle();
      Answer other = b.submit("y");
      cluster.wires.release(1, 3);
      cluster.elapse(Duration.ofSeconds(1));
      assertThat(List.of(answer.isOpen(), other.isOpen())).containsOnly(false);
      assertOnce(cluster, "x");
      assertOnce(cluster, "y");
    }
  }

  /** By kill -9: the records were written, and the next process reads them. */
  @Test
  void aFollowerThatDiedBeforeItsForceSaysTheSameAgain() {
    try (TestCluster cluster = warm(3)) {
      TestNode b = cluster.node(2);
      cluster.wires.hold(1, 3);
      Answer answer = cluster.node(1).submit("x");
      cluster.settle();
      Message.Offer offer = cluster.wires.sentBy(1, Message.Offer.class).get(0);
      b.kill();
      assertThat(cluster.wires.sentBy(2, Message.Propose.class)).isEmpty();
      free(cluster);
      b.start();
      cluster.wires.release(1, 3);
      cluster.elapse(Duration.ofSeconds(1));
      assertThat(cluster.wires.sentBy(2, Message.Propose.class))
          .filteredOn(propose -> propose.slot() == offer.slot())
          .isNotEmpty()
          .allSatisfy(propose -> assertThat(propose.id()).isEqualTo(offer.id()));
      assertThat(answer.isOpen()).isFalse();
      assertOnce(cluster, "x");
    }
  }

  /** C is down: without its owner nothing is decided. */
  @Test
  void anOwnerThatForgotWhatItOfferedProposesWhatItsFollowerDid() {
    try (TestCluster cluster = warm(3)) {
      TestNode a = cluster.node(1);
      cluster.node(3).kill();
      cluster.settle();
      a.submit("x");
      cluster.settle();
      Message.Offer offer = cluster.wires.sentBy(1, Message.Offer.class).get(0);
      cluster.node(2).log.automatic();
      cluster.elapse(WHILE);
      assertThat(cluster.node(2).machine.entries()).doesNotContain("x");
      a.kill();
      assertThat(cluster.wires.sentBy(1, Message.Propose.class)).isEmpty();
      a.log.losePower();
      free(cluster);
      a.start();
      cluster.elapse(Duration.ofSeconds(1));
      assertThat(cluster.wires.sentBy(1, Message.Propose.class))
          .filteredOn(propose -> propose.slot() == offer.slot())
          .isNotEmpty()
          .allSatisfy(propose -> assertThat(propose.id()).isEqualTo(offer.id()));
      cluster.node(3).start();
      cluster.elapse(Duration.ofSeconds(1));
      assertOnce(cluster, "x");
    }
  }

  /** What the next process makes must not be taken for what was forgotten. */
  @Test
  void noBatchIsOfferedBeforeItsNumberIsSafe() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode a = cluster.node(1);
      a.log.manual();
      a.submit("forgotten");
      cluster.elapse(WHILE);
      assertThat(cluster.wires.sentBy(1, Message.Offer.class)).isEmpty();
      a.kill();
      a.log.losePower();
      a.log.automatic();
      a.start();
      cluster.settle();
      Answer answer = a.submit("x");
      cluster.elapse(WHILE);
      assertThat(answer.text()).isEqualTo("x@1");
      long first = BatchId.pack(0, 1);
      assertThat(cluster.wires.sentBy(1, Message.Propose.class))
          .as("that of its session goes with the Propose")
          .anyMatch(propose -> propose.id() == first && propose.batch() != null);
      assertThat(cluster.wires.sentBy(1, Message.Offer.class))
          .isNotEmpty()
          .noneMatch(offer -> offer.id() == first);
    }
  }

  /** It comes back under another token, which knows nothing of what its former life offered. */
  @Test
  void whatALifeThatLostItsVotesHadOfferedIsDecidedOnce() {
    try (TestCluster cluster = warm(3)) {
      TestNode a = cluster.node(1);
      a.submit("x");
      cluster.settle();
      long offered = cluster.wires.sentBy(1, Message.Offer.class).get(0).id();
      a.kill();
      a.log.damage("its log is damaged");
      free(cluster);
      cluster.elapse(WHILE);
      a.start();
      cluster.elapse(RETURN);
      assertThat(a.agent().state()).isEqualTo(EngineState.SERVING);
      assertThat(a.view().epoch()).isEqualTo(1);
      Answer next = a.submit("y");
      cluster.elapse(WHILE);
      assertThat(next.isOpen()).isFalse();
      assertOnce(cluster, "x");
      assertOnce(cluster, "y");
      Answer again = a.submit("z");
      cluster.elapse(WHILE);
      assertThat(again.isOpen()).isFalse();
      assertThat(cluster.wires.sentBy(1, Message.Offer.class))
          .as("in the name of its next life")
          .filteredOn(offer -> offer.batch() != null)
          .anyMatch(offer -> BatchId.origin(offer.id()) != BatchId.origin(offered));
    }
  }

  /** An Offer costs a frame more to each member; without a force there is nothing to win. */
  @ParameterizedTest
  @EnumSource(
      value = Durability.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"FSYNC"})
  void nothingIsOfferedWhereNothingIsForced(Durability durability) {
    try (TestCluster cluster = new TestCluster(3)) {
      cluster.nodes().forEach(node -> node.log.durability(durability));
      cluster.startAll();
      TestNode a = cluster.node(1);
      a.submit("warm up");
      cluster.elapse(Duration.ofSeconds(1));
      cluster.wires.sent().clear();
      Answer answer = a.submit("x");
      cluster.settle();
      assertThat(answer.text()).isEqualTo("x@2");
      assertThat(cluster.wires.sent(Message.Offer.class)).isEmpty();
      assertThat(cluster.wires.sent()).as("frames").hasSize(6);
    }
  }

  @Test
  void theEngineWakesWhenAVoteThatIsHeldBackIsDue() {
    try (TestCluster cluster = warm(3)) {
      TestNode a = cluster.node(1);
      a.submit("x");
      cluster.settle();
      a.log.force();
      cluster.node(2).log.force();
      cluster.settle();
      long due = a.member().replica().deadline() - cluster.now();
      assertThat(due).isBetween(1L, 999_999L);
      assertThat(a.transport().waited()).isEqualTo(due);
      free(cluster);
      cluster.elapse(WHILE);
      assertThat(a.member().replica().deadline()).isEqualTo(Long.MAX_VALUE);
    }
  }
}
