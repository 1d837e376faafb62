package io.rabia.testing.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A few seeds of each campaign; {@code rabia-sim.jar --campaign NAME} runs as many as wanted. */
@Tag("fault-injection")
class NamedCampaignTest {
  private static final int SECONDS = 30;

  /** How planted bugs are caught, {@code --mutants} tells. */
  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "S14")
  void everyMixOfFaultsKeepsItsDemands(NamedCampaign campaign) {
    for (int seed = 1; seed <= 5; seed++) {
      SimReport report = Simulation.run(campaign.options(seed, SECONDS), null);
      assertThat(report.violation()).as(report.verdict()).isNull();
      assertThat(report.faultEvents()).as(report.faultCounts()).isPositive();
    }
  }

  @ParameterizedTest
  @EnumSource
  void seedsGoThroughAllMixesAndSizes(NamedCampaign campaign) {
    Set<Set<Fault>> mixes = new HashSet<>();
    Set<Integer> sizes = new HashSet<>();
    for (int seed = 1; seed <= 30; seed++) {
      SimOptions options = campaign.options(seed, SECONDS);
      mixes.add(options.faults());
      sizes.add(options.nodes());
    }
    assertThat(mixes).hasSize(campaign.mixes());
    assertThat(sizes).hasSize(campaign.sizes());
  }

  @Test
  void faultsOfNoCampaignAreDrawnByAll() {
    Set<Fault> covered = EnumSet.copyOf(Fault.drawn(7));
    for (NamedCampaign campaign : NamedCampaign.values()) {
      for (int seed = 1; seed <= 30; seed++) {
        covered.addAll(campaign.options(seed, SECONDS).faults());
      }
    }
    assertThat(covered).containsExactlyInAnyOrder(Fault.values());
  }

  @Test
  void ofFiveMembersTwoAreWithoutVotesAtTheSameTime() {
    ByteArrayOutputStream trace = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(trace, true, StandardCharsets.UTF_8);
    SimReport report = Simulation.run(NamedCampaign.S4.options(10, 8), out);
    assertThat(report.violation()).as(report.verdict()).isNull();
    assertThat(trace.toString(StandardCharsets.UTF_8))
        .contains("WIPE: node 7 in place of 1, while 1 of the members do not serve");
  }

  @Test
  void schedulerThatKnowsTheCoinMakesMembersFlip() {
    SimReport report = Simulation.run(NamedCampaign.S8.options(2, 60), null);
    assertThat(report.passed()).as(report.verdict()).isTrue();
    assertThat(report.phases()).isGreaterThan(2);
  }

  @Test
  void commandLineRunsACampaignByItsName() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    String[] arguments = {"--campaign", "s12", "--seeds", "1..2", "--seconds", "10"};

    int exit = RabiaSim.run(arguments, out, out);

    assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("simulated seeds=2 passed=2");
    assertThat(exit).isZero();
  }
}
