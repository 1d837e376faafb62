package io.rabia.testing.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who forces waits for the disk, and the clock of its machine goes on. */
@Tag("fault-injection")
class SimDiskTest {
  private static final long FORCE = SimClock.MILLI;

  private final SimClock world = new SimClock();
  private final NodeClock clock = new NodeClock(world, new SimRandom(7), false);

  private final Deaths waiting =
      new Deaths() {
        @Override
        public void waits(long nanos) {
          clock.waits(nanos);
        }
      };

  private Persistence log(SimDisk disk) {
    Persistence log = disk.open(waiting);
    log.open((number, group) -> true, () -> {});
    return log;
  }

  /** How long the node's clock went on. */
  private long force(Persistence log) {
    long before = clock.monotonic();
    log.append(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    log.flush();
    assertThat(log.durable()).isPositive();
    return clock.monotonic() - before;
  }

  @Test
  void whoForcesWaits() {
    SimDisk disk = new SimDisk(new SimRandom(1), Durability.FSYNC, 1 << 16, FORCE);
    Persistence log = log(disk);
    assertThat(force(log)).isBetween(1L, 2 * FORCE);

    long before = clock.monotonic();
    log.flush();
    assertThat(clock.monotonic()).as("nothing is there to force").isEqualTo(before);
  }

  @Test
  void aDiskThatIsSlowMakesItWaitLonger() {
    SimDisk disk = new SimDisk(new SimRandom(1), Durability.FSYNC, 1 << 16, 0);
    Persistence log = log(disk);
    assertThat(force(log)).isZero();

    assertThat(disk.slow(FORCE)).isTrue();
    assertThat(force(log)).isBetween(1L, 2 * FORCE);

    disk.slow(0);
    assertThat(force(log)).isZero();
  }

  @Test
  void whoForcesNothingFeelsNoSlowDisk() {
    SimDisk disk = new SimDisk(new SimRandom(1), Durability.OS, 1 << 16, FORCE);

    assertThat(disk.slow(FORCE)).isFalse();
    assertThat(force(log(disk))).isZero();
  }

  @Test
  void theClockOfAMachineIsNeverBehindTheWorlds() {
    clock.waits(5);
    clock.waits(6);
    assertThat(clock.busyUntil()).isEqualTo(11);
    assertThat(clock.monotonic()).isEqualTo(11);

    world.at(20, () -> {});
    world.step(30);
    assertThat(clock.busyUntil()).isEqualTo(20);
    assertThat(clock.monotonic()).isEqualTo(20);
  }
}
