package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a state machine is told before a batch is applied. */
class PrepareTest {
  private final TestCluster cluster = TestCluster.serving(3);
  private final TestNode a = cluster.node(1);

  @AfterEach
  void end() {
    cluster.close();
  }

  private void submitTogether(String... commands) {
    for (String command : commands) {
      a.submit(command);
    }
    cluster.settle();
  }

  /** Its first command opens the node's session. */
  private void begin() {
    submitTogether("first");
    assertThat(a.machine.entries()).containsExactly("first");
    assertThat(a.machine.prepared).isEmpty();
  }

  private static String[] commands(int count) {
    return IntStream.range(0, count).mapToObj("x"::repeat).toArray(String[]::new);
  }

  @Test
  void allCommandsOfALargeBatchComeBeforeTheFirstIsApplied() {
    begin();
    String[] commands = commands(Applier.MANY);
    submitTogether(commands);
    List<String> expected = Arrays.stream(commands).map(command -> command + "@1").toList();
    assertThat(cluster.nodes())
        .allSatisfy(node -> assertThat(node.machine.prepared).isEqualTo(expected));
    assertThat(a.machine.entries()).hasSize(1 + commands.length).endsWith(commands);
  }

  @Test
  void ofASmallBatchNoneComes() {
    begin();
    submitTogether(commands(Applier.MANY - 1));
    assertThat(a.machine.entries()).hasSize(Applier.MANY);
    assertThat(a.machine.prepared).isEmpty();
  }

  @Test
  void aMachineThatCannotPrepareIsNotHeldUp() {
    begin();
    a.machine.cannotPrepare = true;
    String[] commands = commands(Applier.MANY);
    submitTogether(commands);
    assertThat(a.machine.prepared).hasSize(commands.length);
    assertThat(cluster.nodes())
        .allSatisfy(node -> assertThat(node.machine.entries()).endsWith(commands));
    assertThat(a.status().hash()).isEqualTo(cluster.node(2).status().hash());
  }
}
