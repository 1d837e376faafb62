package io.rabia.testing.sim;

import static io.rabia.testing.sim.Fault.AWAY;
import static io.rabia.testing.sim.Fault.BIT_FLIP;
import static io.rabia.testing.sim.Fault.BREAK;
import static io.rabia.testing.sim.Fault.BRIDGE;
import static io.rabia.testing.sim.Fault.CLOG;
import static io.rabia.testing.sim.Fault.COIN;
import static io.rabia.testing.sim.Fault.CRASH;
import static io.rabia.testing.sim.Fault.CRASH_ALL;
import static io.rabia.testing.sim.Fault.CRASH_MID_CYCLE;
import static io.rabia.testing.sim.Fault.DELAY;
import static io.rabia.testing.sim.Fault.DIFFER;
import static io.rabia.testing.sim.Fault.DISK_FULL;
import static io.rabia.testing.sim.Fault.DRIFT;
import static io.rabia.testing.sim.Fault.DROP;
import static io.rabia.testing.sim.Fault.DUPLICATE;
import static io.rabia.testing.sim.Fault.FSYNC_FAILURE;
import static io.rabia.testing.sim.Fault.JUMP;
import static io.rabia.testing.sim.Fault.LONG_PAUSE;
import static io.rabia.testing.sim.Fault.MEMBERS;
import static io.rabia.testing.sim.Fault.OLD_COPY;
import static io.rabia.testing.sim.Fault.ONE_WAY;
import static io.rabia.testing.sim.Fault.ORPHAN;
import static io.rabia.testing.sim.Fault.PARTITION;
import static io.rabia.testing.sim.Fault.PAUSE;
import static io.rabia.testing.sim.Fault.POWER_AFTER_DEATH;
import static io.rabia.testing.sim.Fault.POWER_CUT;
import static io.rabia.testing.sim.Fault.PROPOSER;
import static io.rabia.testing.sim.Fault.REORDER;
import static io.rabia.testing.sim.Fault.RING;
import static io.rabia.testing.sim.Fault.SLOW_MEMBERS;
import static io.rabia.testing.sim.Fault.SPLIT;
import static io.rabia.testing.sim.Fault.STOP;
import static io.rabia.testing.sim.Fault.THROW;
import static io.rabia.testing.sim.Fault.TORN_WRITE;
import static io.rabia.testing.sim.Fault.WIPE;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The simulated rows of the list of what must be survived (reliability.md): by seed each of its
 * mixes of faults, in clusters of each of its sizes.
 */
public enum NamedCampaign {
  /** Loss, duplicates, reordering, delay, clogged links. */
  S1(List.of(3, 5, 7), List.of(EnumSet.of(DROP, DUPLICATE, REORDER, DELAY, CLOG))),
  /** Partitions of all kinds; whoever has a quorum goes on. */
  S2(
      List.of(3, 5),
      List.of(
          EnumSet.of(PARTITION),
          EnumSet.of(ONE_WAY),
          EnumSet.of(BRIDGE),
          EnumSet.of(RING),
          EnumSet.of(PARTITION, ONE_WAY, BRIDGE))),
  /** Crashes at every event, up to all at once; power losses. */
  S3(
      List.of(3, 5),
      List.of(
          EnumSet.of(CRASH_MID_CYCLE, STOP),
          EnumSet.of(CRASH_ALL, CRASH_MID_CYCLE),
          EnumSet.of(POWER_AFTER_DEATH),
          EnumSet.of(CRASH, CRASH_ALL))),
  /** Lost disks, with old processes that wake, and older copies of disks. */
  S4(
      List.of(3, 4, 5),
      List.of(
          EnumSet.of(WIPE),
          EnumSet.of(WIPE, OLD_COPY, CRASH, PAUSE),
          EnumSet.of(WIPE, OLD_COPY, DROP, BREAK, DELAY),
          EnumSet.of(OLD_COPY, CRASH_MID_CYCLE, STOP, ONE_WAY),
          EnumSet.of(WIPE, PARTITION, CRASH_MID_CYCLE))),
  /** Pauses, up to ten minutes. */
  S5(List.of(3, 5), List.of(EnumSet.of(PAUSE, LONG_PAUSE))),
  /** Clocks that drift, jump and are wrong; no session of a client that tries is closed. */
  S6(List.of(3, 5), List.of(EnumSet.of(DRIFT), EnumSet.of(DRIFT, PAUSE))),
  /** Bad coins. */
  S7(List.of(3), List.of(EnumSet.of(COIN, SPLIT, DELAY), EnumSet.of(COIN, SPLIT, CRASH))),
  /** A scheduler that knows the coin. */
  S8(List.of(3), List.of(EnumSet.of(SPLIT), EnumSet.of(SPLIT, DROP))),
  /** Slow disks of f members, which the clients of the others do not feel. */
  S9(List.of(3, 5), List.of(EnumSet.of(SLOW_MEMBERS))),
  /** Changes of the membership, and lost disks, under everything else. */
  S10(
      List.of(3, 4, 5),
      List.of(
          EnumSet.of(MEMBERS),
          EnumSet.of(MEMBERS, WIPE, DROP, DUPLICATE, REORDER),
          EnumSet.of(MEMBERS, WIPE, PARTITION, BREAK, DELAY),
          EnumSet.of(MEMBERS, WIPE, CRASH, CRASH_ALL, CRASH_MID_CYCLE),
          EnumSet.of(MEMBERS, WIPE, PAUSE, STOP),
          EnumSet.of(MEMBERS, WIPE, ONE_WAY, BRIDGE, CLOG),
          EnumSet.of(MEMBERS, WIPE, DROP, CRASH, PAUSE))),
  /**
   * A member that is away for longer than the others keep what it lacks, under loss and crashes.
   */
  S11(
      List.of(3, 5),
      List.of(
          EnumSet.of(AWAY, DROP, BREAK),
          EnumSet.of(AWAY, CRASH_MID_CYCLE, DELAY),
          EnumSet.of(AWAY, CRASH, DUPLICATE, REORDER),
          EnumSet.of(AWAY, STOP, CLOG),
          EnumSet.of(AWAY, POWER_AFTER_DEATH))),
  /** A state machine that throws, and one that differs. */
  S12(List.of(3, 5), List.of(EnumSet.of(THROW, CRASH), EnumSet.of(DIFFER))),
  /** Proposers that die in the middle of a send, over and over. */
  S13(List.of(3, 5), List.of(EnumSet.of(PROPOSER), EnumSet.of(PROPOSER, ORPHAN))),
  /** Planted bugs: {@link MutantHunt}. */
  S14(List.of(3), SimCheck.MIXES),
  /** Monotonic clocks that go forward all at once. */
  S15(
      List.of(3, 5),
      List.of(EnumSet.of(JUMP), EnumSet.of(JUMP, DRIFT), EnumSet.of(JUMP, PAUSE, CRASH))),
  /** Disks that tear, lose, flip and have no room, power cuts of all, snapshots every 100 slots. */
  DISKS(
      List.of(3, 5),
      List.of(
          onDisks(),
          onDisks(CRASH_MID_CYCLE, STOP),
          onDisks(POWER_AFTER_DEATH),
          onDisks(DROP, BREAK, DELAY),
          onDisks(PARTITION)));

  private final List<Integer> sizes;
  private final List<? extends Set<Fault>> mixes;

  NamedCampaign(List<Integer> sizes, List<? extends Set<Fault>> mixes) {
    this.sizes = sizes;
    this.mixes = mixes;
  }

  /** Everything that happens to disks, and more. */
  private static Set<Fault> onDisks(Fault... more) {
    Set<Fault> mix = EnumSet.of(TORN_WRITE, FSYNC_FAILURE, DISK_FULL, BIT_FLIP, POWER_CUT);
    mix.addAll(List.of(more));
    return mix;
  }

  /** How many mixes of faults it has. */
  int mixes() {
    return mixes.size();
  }

  /** How many sizes of clusters it has. */
  int sizes() {
    return sizes.size();
  }

  /** A mix that does not fit a size has the largest one. */
  SimOptions options(long seed, int seconds) {
    Set<Fault> mix = mixes.get((int) Math.floorMod(seed, (long) mixes.size()));
    int size = sizes.get((int) Math.floorMod(seed / mixes.size(), (long) sizes.size()));
    int nodes = Fault.fitting(size).containsAll(mix) ? size : sizes.get(sizes.size() - 1);
    return new SimOptions(seed, seconds, nodes, mix, true, Load.LIGHT);
  }
}
