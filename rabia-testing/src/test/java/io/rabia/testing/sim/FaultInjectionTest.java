package io.rabia.testing.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.testing.mutant.SourceMutant;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Simulated clusters whose processes, disks and clocks fail, each on its own and all together. */
@Tag("fault-injection")
class FaultInjectionTest {
  private static final int SEEDS = 4;

  private static SimReport run(long seed, int seconds, int nodes, Set<Fault> faults, boolean all) {
    return Simulation.run(new SimOptions(seed, seconds, nodes, faults, all, Load.LIGHT), null);
  }

  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @EnumSource(
      names = {
        "CRASH",
        "CRASH_MID_CYCLE",
        "CRASH_ALL",
        "POWER_AFTER_DEATH",
        "ORPHAN",
        "PROPOSER",
        "LONG_PAUSE",
        "THROW",
        "STOP",
        "REBOOT",
        "PAUSE",
        "DRIFT",
        "SLOW_DISK",
        "TORN_WRITE",
        "FSYNC_FAILURE",
        "DISK_FULL",
        "BIT_FLIP",
        "POWER_CUT",
        "EXPIRY",
        "FORMATION"
      })
  void keepsEveryPromiseUnder(Fault fault) {
    for (int seed = 1; seed <= SEEDS; seed++) {
      SimReport report = run(seed, 20, 3, EnumSet.of(fault), true);
      assertThat(report.passed()).as(report.verdict()).isTrue();
      assertThat(report.faultEvents()).as(report.faultCounts()).isPositive();
    }
  }

  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void keepsEveryPromiseUnderWhatIsDrawnFromAllFaults(int nodes) {
    for (int seed = 1; seed <= SEEDS / 2; seed++) {
      SimReport report = run(seed, 30, nodes, Fault.drawn(nodes), false);
      assertThat(report.violation()).as(report.verdict()).isNull();
    }
  }

  static List<SourceMutant> mutants() {
    return SimMutants.all();
  }

  /** Whether each compiles and is caught, {@code rabia-sim.jar --mutants} tells. */
  @ParameterizedTest
  @MethodSource("mutants")
  void plantedBugFitsTheCode(SourceMutant mutant) {
    assertThat(mutant.source()).contains(mutant.edits().get(0).replacement());
  }

  @Tag("long")
  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @ValueSource(
      strings = {
        "a promise leaves before its force",
        "a quiet owner's batches are held back",
        "no force at the start of a log"
      })
  void plantedBugIsCaught(String name) {
    SourceMutant mutant =
        mutants().stream().filter(one -> one.name().equals(name)).findFirst().orElseThrow();
    assertThat(new MutantHunt().caught(mutant)).isPresent();
  }

  @Test
  @Tag("long")
  void plantedBugIsNotCaughtByASeedThatFindsSomethingInSoundCode() {
    SourceMutant mutant = mutants().get(0);
    Set<Integer> asked = new TreeSet<>();
    MutantHunt hunt =
        new MutantHunt(
            seed -> {
              asked.add(seed);
              return asked.size() < 3 ? "seed " + seed + " FAILED" : null;
            });
    Optional<String> caught = hunt.caught(mutant);
    assertThat(asked).hasSize(3);
    assertThat(caught).get().asString().startsWith("seed " + Collections.max(asked) + " FAILED");
  }
}
