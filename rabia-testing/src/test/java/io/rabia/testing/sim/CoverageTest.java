package io.rabia.testing.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Runs in which too little happened are not taken for proofs. */
class CoverageTest {
  private static final int OPERATIONS = 1_000;
  private static final long MINUTE = 60 * SimClock.SECOND;
  private static final Set<Fault> DISKS = NamedCampaign.DISKS.options(5, 60).faults();

  private final Faults faults = new Faults(DISKS);
  private final Coverage coverage =
      new Coverage(new SimOptions(5, 60, 3, DISKS, true, Load.LIGHT), faults);

  private void happen(Set<Fault> often, int snapshots) {
    for (Fault fault : DISKS) {
      for (int times = 0; times < (often.contains(fault) ? 3 : 2); times++) {
        faults.fired(fault);
      }
    }
    for (int i = 0; i < snapshots; i++) {
      coverage.snapshot();
    }
  }

  @Test
  void enoughOfEverythingLacksNothing() {
    happen(DISKS, 9);
    assertThat(coverage.lacks(OPERATIONS, MINUTE)).isNull();
  }

  @Test
  void fewOperationsProveNothing() {
    happen(DISKS, 9);
    assertThat(coverage.lacks(OPERATIONS - 1, MINUTE)).isEqualTo("only 999 operations");
  }

  @Test
  void operationsThatWereWantedAndNotTriedProveNothing() {
    happen(DISKS, 9);
    for (int i = 0; i < 10; i++) {
      coverage.wanted(i > 0);
    }
    assertThat(coverage.lacks(OPERATIONS, MINUTE)).isNull();
    coverage.wanted(false);
    assertThat(coverage.lacks(OPERATIONS, MINUTE)).isEqualTo("only 9 of 11 operations were tried");
  }

  @Test
  void aFaultThatNeverFiredProvesNothing() {
    assertThat(coverage.lacks(OPERATIONS, MINUTE)).startsWith("never fired: [");
  }

  @Test
  void aFaultOfDisksThatFiredSeldomProvesNothing() {
    happen(EnumSet.complementOf(EnumSet.of(Fault.BIT_FLIP)), 9);
    assertThat(coverage.lacks(OPERATIONS, MINUTE)).isEqualTo("fired less than 3 times: [BIT_FLIP]");
  }

  @Test
  void fewSnapshotsBetweenPowerCutsProveNothing() {
    happen(DISKS, 8);
    assertThat(coverage.lacks(OPERATIONS, MINUTE)).isEqualTo("only 8 snapshots");
  }
}
