package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.RabiaException;
import io.rabia.core.message.Message;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a member does while its log finds no room: nothing that needs a promise, and not die. */
class FullDiskTest {
  private static final Duration WHILE = Duration.ofMillis(800);
  private final TestCluster cluster = TestCluster.serving(3);
  private final TestNode a = cluster.node(1);
  private final TestNode c = cluster.node(3);

  @AfterEach
  void end() {
    cluster.close();
  }

  private String execute(TestNode node, String command) {
    Answer answer = node.submit(command);
    cluster.elapse(Duration.ofMillis(300));
    return answer.text();
  }

  private int promises(int from) {
    return cluster.wires.sentBy(from, Message.Propose.class).size()
        + cluster.wires.sentBy(from, Message.Vote1.class).size()
        + cluster.wires.sentBy(from, Message.Vote2.class).size();
  }

  private static long promises(MemoryLog log) {
    return log.records().stream()
        .filter(
            record ->
                record instanceof Message.Propose
                    || record instanceof Message.Vote1
                    || record instanceof Message.Vote2)
        .count();
  }

  @Test
  void oneMakesNoPromiseAndTheOthersGoOn() {
    execute(a, "before");
    int promised = promises(3);
    long logged = promises(c.log);
    c.log.full(true);
    for (int i = 0; i < 20; i++) {
      assertThat(execute(a, "c" + i)).startsWith("c" + i + "@");
    }
    assertThat(promises(3)).isEqualTo(promised);
    assertThat(promises(c.log)).as("nor do any wait").isEqualTo(logged);
    assertThat(c.agent().state()).isEqualTo(EngineState.DEGRADED);
    assertThat(c.status().reason()).isEqualTo("disk-full");
    c.log.full(false);
    cluster.elapse(WHILE);
    assertThat(c.agent().state()).isEqualTo(EngineState.SERVING);
    assertThat(execute(c, "goes on")).startsWith("goes on@");
    assertThat(promises(3)).isGreaterThan(promised);
  }

  @Test
  void oneRefusesWritesAndStillReadsTheNewest() {
    c.log.full(true);
    assertThat(execute(a, "meanwhile")).startsWith("meanwhile@");
    Answer write = c.submit("refused");
    Answer session = c.openSession();
    Answer read = c.read("all");
    cluster.elapse(WHILE);
    for (Answer refused : new Answer[] {write, session}) {
      assertThat(refused.failure())
          .isInstanceOf(RabiaException.Unavailable.class)
          .hasMessageContaining("disk is full");
    }
    assertThat(read.text()).isEqualTo("meanwhile");
    Answer elsewhere = a.read("all");
    cluster.elapse(WHILE);
    assertThat(elsewhere.text()).as("nothing of it was done").isEqualTo("meanwhile");
  }

  @Test
  void aPromiseThatWaitsHoldsUpNoQuestion() {
    c.log.fillUp();
    int promised = promises(3);
    for (int i = 0; i < 20; i++) {
      assertThat(execute(a, "c" + i)).startsWith("c" + i + "@");
    }
    assertThat(c.log.unforced()).as("it waits").isPositive();
    assertThat(promises(3)).isEqualTo(promised);
    Answer read = c.read("all");
    Answer others = cluster.node(2).read("all");
    cluster.elapse(WHILE);
    assertThat(read.text()).endsWith("c19");
    assertThat(others.text()).endsWith("c19");
    c.log.full(false);
    cluster.elapse(WHILE);
    assertThat(c.log.unforced()).isZero();
    assertThat(execute(c, "goes on")).startsWith("goes on@");
  }

  @Test
  void whatCameMeanwhileIsTakenUp() {
    c.kill();
    cluster.elapse(WHILE);
    Answer answer = a.submit("one");
    a.work();
    a.log.full(true);
    long logged = promises(a.log);
    cluster.elapse(WHILE);
    assertThat(answer.isOpen()).isTrue();
    assertThat(promises(a.log)).as("no vote waits").isEqualTo(logged);
    a.log.full(false);
    cluster.elapse(WHILE);
    assertThat(answer.text()).isEqualTo("one@1");
  }

  @Test
  void allStandStillAndGoOnWhenThereIsRoom() {
    execute(a, "before");
    Answer inFlight = a.submit("in flight");
    a.work();
    cluster.nodes().forEach(node -> node.log.full(true));
    cluster.elapse(Duration.ofSeconds(2));
    for (TestNode node : cluster.nodes()) {
      Answer write = node.submit("refused");
      cluster.settle();
      assertThat(write.failure()).isInstanceOf(RabiaException.Unavailable.class);
    }
    assertThat(inFlight.isOpen()).isTrue();
    cluster.nodes().forEach(node -> node.log.full(false));
    cluster.elapse(Duration.ofSeconds(1));
    assertThat(inFlight.text()).isEqualTo("in flight@2");
    assertThat(execute(c, "goes on")).isEqualTo("goes on@3");
    assertThat(a.machine.entries()).containsExactly("before", "in flight", "goes on");
  }

  @Test
  void aPowerCutMeanwhileTakesNothingThatWasSaid() {
    c.log.full(true);
    a.submit("one");
    cluster.elapse(WHILE);
    c.kill();
    c.log.losePower();
    c.log.full(false);
    c.start();
    cluster.elapse(WHILE);
    assertThat(execute(c, "two")).isEqualTo("two@2");
    assertThat(c.machine.entries()).containsExactly("one", "two");
  }

  /** A monotonic clock may begin anywhere. */
  @Test
  void roomIsFoundAgainWhereClocksAreNegative() {
    try (TestCluster early = new TestCluster(3)) {
      early.pause(Duration.ofDays(-100));
      early.startAll();
      TestNode full = early.node(3);
      full.log.full(true);
      early.node(1).submit("meanwhile");
      early.elapse(WHILE);
      assertThat(full.agent().state()).isEqualTo(EngineState.DEGRADED);
      full.log.full(false);
      early.elapse(WHILE);
      assertThat(full.agent().state()).isEqualTo(EngineState.SERVING);
    }
  }
}
