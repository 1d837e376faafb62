package io.rabia.leader;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.testing.sim.Fault;
import io.rabia.testing.sim.Load;
import io.rabia.testing.sim.SimOptions;
import io.rabia.testing.sim.SimReport;
import io.rabia.testing.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Elections on simulated nodes under every fault. */
class ElectionSimulationTest {
  private static final LeaderConfig QUICK =
      LeaderConfig.builder()
          .heartbeatInterval(Duration.ofMillis(200))
          .leaderTimeout(Duration.ofSeconds(1))
          .electionTimeout(Duration.ofMillis(1200))
          .build();

  private record Run(SimReport report, Elections elections) {
    static Run of(SimOptions options, LeaderConfig config) {
      List<Elections> guests = new ArrayList<>();
      SimReport report =
          Simulation.run(
              options,
              null,
              () -> {
                Elections guest = new Elections(options, config);
                guests.add(guest);
                return guest;
              });
      return new Run(report, guests.get(0));
    }

    private boolean clocksAreRight() {
      return !report.drawn().contains(Fault.DRIFT) && !report.drawn().contains(Fault.JUMP);
    }

    /** What must not be, or null. */
    @Nullable String wrong() {
      String violation = report.violation();
      return violation == null && clocksAreRight() ? elections.together() : violation;
    }

    @Override
    public String toString() {
      SimOptions options = report.options();
      return String.format(
          Locale.ROOT,
          "seed %d of %d nodes under %s: %s; %s",
          options.seed(),
          options.nodes(),
          report.drawn(),
          wrong(),
          elections);
    }
  }

  private static int nodes(int seed) {
    return seed % 5 == 0 ? 5 : 3;
  }

  /** One to four of all faults, as the simulator's {@code --faults all} draws them. */
  private static Run underAll(int seed) {
    Set<Fault> faults = Fault.drawn(nodes(seed));
    return Run.of(new SimOptions(seed, 30, nodes(seed), faults, false, Load.LIGHT), QUICK);
  }

  /** What takes leadership away most often, all of it at once. */
  private static Run underTheHardest(int seed) {
    Set<Fault> faults = EnumSet.of(Fault.PAUSE, Fault.PARTITION, Fault.CRASH, Fault.DELAY);
    return Run.of(new SimOptions(seed, 12, nodes(seed), faults, true, Load.LIGHT), QUICK);
  }

  private static Run underWildClocks(int seed, int seconds) {
    Set<Fault> clocks = EnumSet.of(seed % 2 == 0 ? Fault.DRIFT : Fault.JUMP);
    return Run.of(
        new SimOptions(seed, seconds, nodes(seed), clocks, true, Load.LIGHT),
        LeaderConfig.defaults());
  }

  private static List<Run> runs(int seeds, IntFunction<Run> run) {
    return IntStream.rangeClosed(1, seeds).parallel().mapToObj(run).toList();
  }

  private static int seeds() {
    return Integer.getInteger("rabia.leader.simulations", 500);
  }

  @Test
  @Tag("network-sim")
  void electionsKeepTheirPromisesUnderWhatTakesLeadershipAway() {
    assertPromises(runs(3, ElectionSimulationTest::underTheHardest));
  }

  @Test
  @Tag("network-sim")
  @Tag("long")
  void electionsKeepTheirPromisesUnderAllFaultsOverManySeeds() {
    assertPromises(runs(seeds(), ElectionSimulationTest::underAll));
  }

  /** And the runs show it: somebody else was elected, was refused, has stood still. */
  private static void assertPromises(List<Run> runs) {
    assertThat(runs).noneMatch(run -> run.wrong() != null);
    assertThat(runs).allMatch(run -> run.elections().written() > 0);
    assertThat(runs).anyMatch(run -> run.elections().terms() > 2);
    assertThat(runs).anyMatch(run -> run.elections().refused() > 0);
    assertThat(runs).anyMatch(run -> run.elections().stoodStill() > 0);
  }

  @Test
  @Tag("network-sim")
  void wildClocksDeposeNobody() {
    assertNobodyDeposed(runs(2, seed -> underWildClocks(seed, 12)));
  }

  @Test
  @Tag("network-sim")
  @Tag("long")
  void wildClocksDeposeNobodyOverManySeeds() {
    assertNobodyDeposed(runs(seeds(), seed -> underWildClocks(seed, 30)));
  }

  private static void assertNobodyDeposed(List<Run> runs) {
    assertThat(runs).noneMatch(run -> run.wrong() != null);
    assertThat(runs).allMatch(run -> run.report().faultEvents() > 0);
    assertThat(runs).allMatch(run -> run.elections().written() > 0);
    assertThat(runs).allMatch(run -> run.elections().terms() == 1);
  }
}
