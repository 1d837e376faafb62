package io.rabia.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.NodeId;
import io.rabia.core.persistence.Durability;
import io.rabia.core.statemachine.Codec;
import io.rabia.core.statemachine.TypedStateMachine;
import io.rabia.testing.linearizability.Bounds;
import io.rabia.testing.linearizability.CounterModel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("fault-injection")
class ConsensusTestHarnessTest {

  /** A user's state machine. */
  private static class Counter extends TypedStateMachine<Long, Long, Long> {
    long total;

    Counter() {
      super(Codec.int64(), Codec.int64(), Codec.int64());
    }

    @Override
    protected Long execute(long slot, long logTime, Long add) {
      return total += add;
    }

    @Override
    protected Long answer(Long ignored) {
      return total;
    }

    @Override
    protected Long state() {
      return total;
    }

    @Override
    protected void state(Long restored) {
      total = restored;
    }
  }

  @Test
  void aCounterCountsUnderFaults() {
    Duration second = Duration.ofSeconds(1);
    ConsensusTestHarness.Report report =
        ConsensusTestHarness.of(Counter::new, new CounterModel(), Codec.int64(), Codec.int64())
            .inputs(random -> random.nextLong(5))
            .queryWhen(add -> add == 0)
            .conditions(NetworkConditions.builder().packetLossRate(0.02).build())
            .fault(Duration.ofMillis(200), new FaultType.NodeCrash(NodeId.of(1), second))
            .fault(Duration.ofMillis(700), new FaultType.Pause(NodeId.of(2), second))
            .run();
    assertThat(report.operations()).isGreaterThanOrEqualTo(500);
    assertThat(report.unknown()).isZero();
  }

  private static ConsensusTestHarness<Long, Long, Long> harness(
      java.util.function.Supplier<Counter> machine) {
    return ConsensusTestHarness.of(machine, new CounterModel(), Codec.int64(), Codec.int64())
        .inputs(random -> 1 + random.nextLong(5))
        .operations(200);
  }

  @Test
  void aMachineThatForgetsIsCaught() {
    assertThatThrownBy(
            () ->
                harness(
                        () ->
                            new Counter() {
                              @Override
                              protected Long execute(long slot, long logTime, Long add) {
                                return super.execute(slot, logTime, total > 100 ? 0 : add);
                              }
                            })
                    .run())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("not linearizable");
  }

  @Test
  void aMachineThatDiffersFromNodeToNodeIsCaught() {
    AtomicInteger born = new AtomicInteger();
    assertThatThrownBy(
            () ->
                harness(
                        () -> {
                          int number = born.incrementAndGet();
                          return new Counter() {
                            @Override
                            protected Long execute(long slot, long logTime, Long add) {
                              return super.execute(slot, logTime, number == 3 ? add + 1 : add);
                            }
                          };
                        })
                    .run())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("differ after slot");
  }

  @Test
  void aMachineThatThrowsFailsTheRun() {
    assertThatThrownBy(
            () ->
                harness(
                        () ->
                            new Counter() {
                              @Override
                              protected Long execute(long slot, long logTime, Long add) {
                                throw new IllegalStateException("broken");
                              }
                            })
                    .run())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("broken");
  }

  @ParameterizedTest
  @EnumSource(names = {"FSYNC", "MEMORY"})
  void whoLosesEverythingComesBackWhileOthersDo(Durability durability) {
    Duration away = Duration.ofMillis(300);
    boolean losesDisk = durability != Durability.MEMORY;
    ConsensusTestHarness.Report report =
        harness(Counter::new)
            .nodes(5)
            .durability(durability)
            .fault(Duration.ofMillis(100), new FaultType.NodeCrash(NodeId.of(1), away, losesDisk))
            .fault(Duration.ofMillis(200), new FaultType.NodeCrash(NodeId.of(5), away, losesDisk))
            .run();
    assertThat(report.unknown()).isZero();
  }

  @Test
  void aNodeThatDoesNotComeBackFailsTheRun() {
    AtomicInteger born = new AtomicInteger();
    Duration away = Duration.ofMillis(100);
    assertThatThrownBy(
            () ->
                harness(
                        () -> {
                          if (born.incrementAndGet() > 3) {
                            throw new IllegalStateException("no second life");
                          }
                          return new Counter();
                        })
                    .fault(Duration.ZERO, new FaultType.NodeCrash(NodeId.of(2), away))
                    .run())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("node 2 died")
        .hasMessageContaining("no second life");
  }

  @Test
  void aFaultWithoutEffectIsCaught() {
    assertThatThrownBy(
            () ->
                harness(Counter::new)
                    .fault(Duration.ZERO, new FaultType.MessageReordering(0, Duration.ofMillis(20)))
                    .run())
        .hasMessageContaining("no effect of MessageReordering");
  }

  @Test
  void aCheckBeyondItsBoundsFailsTheRun() {
    assertThatThrownBy(() -> harness(Counter::new).bounds(new Bounds(1, Long.MAX_VALUE)).run())
        .hasMessageContaining("MEMORY");
  }

  @Test
  void everySettingIsPassedOn() {
    AtomicInteger lives = new AtomicInteger();
    ConsensusTestHarness.Report report =
        harness(
                () -> {
                  lives.incrementAndGet();
                  return new Counter();
                })
            .nodes(5)
            .clients(3)
            .operations(50)
            .seed(9)
            .durability(Durability.OS)
            .fault(
                Duration.ZERO,
                new FaultType.NetworkPartition(
                    Set.of(NodeId.of(5)), Set.of(NodeId.of(4)), Duration.ofMillis(100)))
            .run();
    assertThat(lives).hasValue(5);
    assertThat(report.operations()).isGreaterThanOrEqualTo(50);
    assertThatThrownBy(
            () ->
                ConsensusTestHarness.of(
                        Counter::new, new CounterModel(), Codec.int64(), Codec.int64())
                    .run())
        .hasMessageContaining("inputs");
  }
}
