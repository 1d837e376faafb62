package io.rabia.testing.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Simulated clusters under each trouble of the network on its own, and without any. */
@Tag("network-sim")
class NetworkSimulationTest {
  private static final int SECONDS = 20;
  private static final int SEEDS = 6;

  private static SimReport run(long seed, int nodes, Set<Fault> faults, Load load) {
    return Simulation.run(new SimOptions(seed, SECONDS, nodes, faults, true, load), null);
  }

  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @EnumSource(
      names = {
        "DROP",
        "BREAK",
        "DUPLICATE",
        "REORDER",
        "DELAY",
        "CLOG",
        "PARTITION",
        "ONE_WAY",
        "BRIDGE"
      })
  void keepsEveryPromiseUnder(Fault fault) {
    for (int seed = 1; seed <= SEEDS; seed++) {
      SimReport report = run(seed, 3, EnumSet.of(fault), Load.LIGHT);
      assertThat(report.passed()).as(report.verdict()).isTrue();
      assertThat(report.faultEvents()).as(report.faultCounts()).isPositive();
    }
  }

  /**
   * But for the slots with which all start from rest at once, when not all are connected yet: at
   * most one for each of the clients, of which every node has four, and one more a node, or three
   * of seven, those that were forfeited among them. Once that is over, none. The links of seeds 5
   * and 6 are slow.
   */
  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @ValueSource(ints = {2, 3, 4})
  void steadyLoadWithoutFaultsTakesTheFastPath(int nodes) {
    assertFastPath(nodes);
  }

  /** In {@code .ci/run}, too. */
  @Test
  @Tag("long")
  void steadyLoadOfFiveAndSevenWithoutFaultsTakesTheFastPath() {
    assertFastPath(5);
    assertFastPath(7);
  }

  private static void assertFastPath(int nodes) {
    for (long seed : new long[] {1, 2, 5, 6}) {
      SimReport start = steady(seed, nodes, 3);
      SimReport longer = steady(seed, nodes, 6);
      assertThat(longer.slow())
          .as("off the fast path, " + longer)
          .isLessThanOrEqualTo((nodes > 5 ? 7L : 5L) * nodes);
      assertThat(longer.slow() - start.slow())
          .as("after the start, " + longer)
          .isLessThanOrEqualTo(nodes > 4 ? 1 : 0);
      assertThat(longer.forfeits()).as(longer.toString()).isEqualTo(start.forfeits());
    }
  }

  private static SimReport steady(long seed, int nodes, int seconds) {
    SimOptions options = new SimOptions(seed, seconds, nodes, Set.of(), true, Load.STEADY);
    SimReport report = Simulation.run(options, null);
    assertThat(report.violation()).as(report.verdict()).isNull();
    return report;
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void equalOptionsGiveEqualRuns() {
    SimReport once = run(7, 3, Fault.drawn(3), Load.LIGHT);
    SimReport again = run(7, 3, Fault.drawn(3), Load.LIGHT);
    assertThat(again).isEqualTo(once);
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void anotherSeedGivesAnotherRun() {
    Set<Fault> faults = EnumSet.of(Fault.DROP, Fault.DELAY);
    assertThat(run(1, 3, faults, Load.LIGHT).traceHash())
        .isNotEqualTo(run(2, 3, faults, Load.LIGHT).traceHash());
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void runInWhichADrawnFaultNeverFiredProvesNothing() {
    SimOptions tooShort = new SimOptions(1, 1, 3, EnumSet.of(Fault.PARTITION), true, Load.STEADY);
    SimReport report = Simulation.run(tooShort, null);
    assertThat(report.violation()).isNull();
    assertThat(report.invalid()).contains("never fired").contains("PARTITION");
    assertThat(report.passed()).isFalse();
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void longestWaitOfAClientShowsThePartition() {
    long calm = run(3, 3, Set.of(), Load.LIGHT).longestNanos();
    long cut = run(3, 3, EnumSet.of(Fault.PARTITION), Load.LIGHT).longestNanos();
    assertThat(cut).isGreaterThan(2 * calm);
  }
}
