package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.Command;
import io.rabia.core.CommandBatch;
import io.rabia.core.message.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Many large commands at once fit the bounds of a log's groups and of the queues to the members.
 */
class LargeCommandsTest {
  private static final int MIB = 1 << 20;
  private static final int COMMANDS = 300;
  private static final int COMMAND_BYTES = 100_000;

  private final TestCluster cluster = new TestCluster(3);
  private final TestNode a = cluster.node(1);

  @BeforeEach
  void start() {
    cluster.startAll();
    a.submit("opens the session");
    cluster.elapse(Duration.ofMillis(100));
  }

  @AfterEach
  void end() {
    cluster.close();
  }

  private List<Answer> burst() {
    String text = "x".repeat(COMMAND_BYTES);
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < COMMANDS; i++) {
      answers.add(a.submit(Command.of(text)));
    }
    return answers;
  }

  private void assertAllAnswered(List<Answer> answers) {
    cluster.elapse(Duration.ofSeconds(1));
    assertThat(answers).noneMatch(Answer::isOpen).noneMatch(Answer::isFailure);
    assertThat(cluster.nodes())
        .allSatisfy(node -> assertThat(node.machine.size()).isEqualTo(1 + COMMANDS));
  }

  private static void assertSmallGroups(TestNode node) {
    assertThat(node.log.largest()).isBetween(4 * MIB - COMMAND_BYTES, 9 * MIB);
  }

  @Test
  void areLoggedInGroupsOfTwoBatchesAtMost() {
    List<Answer> answers = burst();
    assertAllAnswered(answers);
    assertThat(cluster.nodes()).allSatisfy(LargeCommandsTest::assertSmallGroups);
  }

  @Test
  void areLoggedInGroupsOfTwoBatchesAtMostByAMemberThatHearsOfAllAtOnce() {
    cluster.wires.hold(1, 3);
    cluster.wires.hold(2, 3);
    List<Answer> answers = burst();
    cluster.elapse(Duration.ofSeconds(1));
    cluster.wires.release(1, 3);
    cluster.wires.release(2, 3);
    assertAllAnswered(answers);
    assertSmallGroups(cluster.node(3));
  }

  @Test
  void leaveInPortionsThatAReconnectedMembersQueueHolds() {
    cluster.wires.hold(1, 2);
    cluster.wires.hold(1, 3);
    List<Answer> answers = burst();
    cluster.settle();
    long bytes =
        cluster.wires.sentBy(1, Message.Offer.class).stream()
            .map(Message.Offer::batch)
            .filter(Objects::nonNull)
            .distinct()
            .mapToLong(CommandBatch::size)
            .sum();
    assertThat(bytes).isBetween(8L * MIB, 12L * MIB);
    cluster.wires.release(1, 2);
    cluster.wires.release(1, 3);
    assertAllAnswered(answers);
  }
}
