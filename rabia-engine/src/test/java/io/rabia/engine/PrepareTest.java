package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
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

  @Test
  void allCommandsOfABatchComeBeforeTheFirstIsApplied() {
    begin();
    submitTogether("x", "yy", "");
    assertThat(cluster.nodes())
        .allSatisfy(node -> assertThat(node.machine.prepared).containsExactly("x@1", "yy@1", "@1"));
    assertThat(a.machine.entries()).isEqualTo(List.of("first", "x", "yy", ""));
  }

  @Test
  void aMachineThatCannotPrepareIsNotHeldUp() {
    begin();
    a.machine.cannotPrepare = true;
    submitTogether("x", "yy");
    assertThat(a.machine.prepared).hasSize(2);
    assertThat(cluster.nodes())
        .allSatisfy(node -> assertThat(node.machine.entries()).containsExactly("first", "x", "yy"));
    assertThat(a.status().hash()).isEqualTo(cluster.node(2).status().hash());
  }
}
