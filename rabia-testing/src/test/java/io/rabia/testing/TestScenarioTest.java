package io.rabia.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.NodeId;
import io.rabia.testing.ExpectedOutcome.AllCommitted;
import io.rabia.testing.ExpectedOutcome.EventualConsistency;
import io.rabia.testing.ExpectedOutcome.NoProgress;
import io.rabia.testing.ExpectedOutcome.PartialCommitment;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fault-injection")
class TestScenarioTest {
  private static final NodeId ONE = NodeId.of(1);
  private static final NodeId TWO = NodeId.of(2);
  private static final NodeId THREE = NodeId.of(3);

  private static Duration ms(long millis) {
    return Duration.ofMillis(millis);
  }

  /** All at the same time: they wait more than they work. */
  @Test
  void theBuiltInScenariosComeToWhatTheyExpect() {
    List<TestScenario> scenarios = TestScenario.builtIn();
    assertThat(scenarios)
        .extracting(TestScenario::name)
        .containsExactly(
            "basic",
            "single failure",
            "partition",
            "30 % loss",
            "100-500 ms latency",
            "cascading failures");
    Map<String, TestScenario.Result> results = new ConcurrentHashMap<>();
    ExecutorService threads = Executors.newFixedThreadPool(scenarios.size());
    try {
      CompletableFuture.allOf(
              scenarios.stream()
                  .map(
                      s ->
                          CompletableFuture.runAsync(() -> results.put(s.name(), s.run()), threads))
                  .toArray(CompletableFuture[]::new))
          .join();
    } finally {
      threads.shutdown();
    }
    assertThat(results).hasSize(6);
    assertThat(results.get("basic").tried()).isGreaterThanOrEqualTo(500);
    assertThat(results.get("basic").unknown()).isZero();
    assertThat(results.get("partition").unknown()).isPositive();
    assertThat(results.get("30 % loss").statistics().lost()).isPositive();
    assertThat(results.get("100-500 ms latency").committed()).isGreaterThanOrEqualTo(12);
  }

  @Test
  void nothingIsCommittedWithoutAQuorum() {
    TestScenario.builder("no quorum")
        .fault(ms(100), new FaultType.NodeCrash(ONE, ms(900)))
        .fault(ms(100), new FaultType.NodeCrash(TWO, ms(900)))
        .expect(new NoProgress(ms(200)))
        .build()
        .run();
  }

  @Test
  void progressWhereNoneIsExpectedFails() {
    TestScenario scenario =
        TestScenario.builder("a minority")
            .fault(ms(50), new FaultType.NodeCrash(ONE, ms(600)))
            .expect(new NoProgress(ms(100)))
            .build();
    assertThatThrownBy(scenario::run)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("scenario a minority")
        .hasMessageContaining("in spite of it");
  }

  @Test
  void commandsThatAreNotCommittedFailAllCommitted() {
    TestScenario scenario =
        TestScenario.builder("lost clients")
            .failOver(false)
            .fault(ms(50), new FaultType.NodeCrash(THREE, ms(300)))
            .expect(new AllCommitted())
            .build();
    assertThatThrownBy(scenario::run)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("commands were committed");
  }

  @Test
  void fullCommitmentIsNotPartial() {
    TestScenario scenario =
        TestScenario.builder("harmless")
            .fault(ms(50), new FaultType.PacketLoss(0.01, ms(300)))
            .expect(new PartialCommitment(0.1))
            .build();
    assertThatThrownBy(scenario::run).hasMessageContaining("committed meanwhile");
  }

  @Test
  void allNodesHoldTheSameWithinTheTimeThatIsExpected() {
    TestScenario.Builder crash =
        TestScenario.builder("late")
            .commands(10)
            .fault(ms(10), new FaultType.NodeCrash(THREE, ms(100)));
    assertThatThrownBy(crash.expect(new EventualConsistency(Duration.ofNanos(1))).build()::run)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("scenario late")
        .hasMessageContaining("after the faults, not within 0");
    assertThat(crash.expect(new EventualConsistency()).build().run().tried())
        .isGreaterThanOrEqualTo(10);
  }

  @Test
  void aNodeThatDiesForGoodFailsTheScenario() {
    AtomicInteger lives = new AtomicInteger();
    TestScenario scenario =
        TestScenario.builder("two of three")
            .fault(ms(50), new FaultType.NodeCrash(THREE, ms(100)))
            .build();
    assertThatThrownBy(
            () ->
                scenario.run(
                    TestCluster.builder()
                        .config(
                            config -> {
                              if (lives.incrementAndGet() > 3) {
                                throw new IllegalStateException("no second life");
                              }
                            })))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("scenario two of three")
        .hasMessageContaining("node 3 died")
        .hasMessageContaining("no second life");
  }

  @Test
  void aFaultWithoutEffectMakesARunInvalid() {
    TestScenario scenario =
        TestScenario.builder("nothing happens")
            .commands(10)
            .fault(ms(10), new FaultType.PacketLoss(0, ms(20)))
            .build();
    assertThatThrownBy(scenario::run).hasMessageContaining("invalid run: no effect of PacketLoss");
  }

  @Test
  void whatIsExpectedOfAFaultNeedsOne() {
    assertThatThrownBy(() -> TestScenario.builder("idle").expect(new NoProgress(ms(1))).build())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new PartialCommitment(1)).isInstanceOf(IllegalArgumentException.class);
  }
}
