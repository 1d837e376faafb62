package io.rabia.testing.sim;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * A kind of trouble. Each is drawn by seed or by name; one that was drawn and never fired makes the
 * run invalid.
 */
public enum Fault {
  /** Single frames vanish although the connection lives: more than a real connection does. */
  DROP,
  /** Connections break with everything in flight. */
  BREAK,
  /** Frames arrive again, up to seconds later. */
  DUPLICATE,
  /** Frames overtake each other: more than a real connection does. */
  REORDER,
  /** Links slow down by up to 100 ms. */
  DELAY,
  /** Nothing arrives over a link for up to 5 s, then everything. */
  CLOG,
  /** Nothing passes between two sides, in both directions, with or without the ends noticing. */
  PARTITION,
  /** Nothing passes from one member to another. */
  ONE_WAY,
  /** Two members are cut off from each other, a third one reaches both. */
  BRIDGE,
  /** Every member reaches its two neighbours and nobody else. */
  RING,
  /** A process dies between two duty cycles and comes back with its disk. */
  CRASH,
  /** A process dies in the middle of a duty cycle: between two writes or sends. */
  CRASH_MID_CYCLE,
  /** All processes die at once; power fails, too. */
  CRASH_ALL,
  /**
   * A process dies before it forces what it wrote; it comes back and reads that, and power fails
   * before it forces again.
   */
  POWER_AFTER_DEATH,
  /**
   * An owner speaks so late that its slots go to something else; when another member holds such a
   * batch without a slot, the owner dies.
   */
  ORPHAN,
  /**
   * A process dies between the sends of one new batch, offered or proposed, to one member and to
   * the next.
   */
  PROPOSER,
  /** A process ends in order: it closes its log, and comes back later. */
  STOP,
  /**
   * The machines of up to f members whose logs are written and not forced lose power. Such a member
   * must refuse to start from then on, unless its process had closed the log in order.
   */
  REBOOT,
  /** A process stands still for up to seconds. */
  PAUSE,
  /** A process stands still for up to ten minutes, in which everything else ends. */
  LONG_PAUSE,
  /**
   * Monotonic clocks run at other rates and begin anywhere; wall clocks are off by up to an hour.
   */
  DRIFT,
  /** Forces of one disk take up to a second. Only logs with asynchronous durability feel it. */
  SLOW_DISK,
  /** Sessions live for seconds only, so that they are closed under those who still use them. */
  EXPIRY,
  /** Everything else begins before the cluster is formed. */
  FORMATION,
  /** The state machine throws at some of the commands. */
  THROW,
  /** The coin is all 0, all 1, alternates by phase, or differs from node to node. */
  COIN,
  /** A scheduler that knows the coin chooses whose votes each member hears first. */
  SPLIT,
  /** The disks of f members are slow all the time; the others' clients must not feel it. */
  SLOW_MEMBERS,
  /** The state machine of one member goes another way; the others must find it out. */
  DIFFER,
  /** A process dies in the middle of a write: a part of it is on the disk. */
  TORN_WRITE,
  /**
   * The force of what was written fails, once, and some of that may be gone: the process ends, and
   * comes back with what is there.
   */
  FSYNC_FAILURE,
  /** Nothing can be written for a while: the node promises nothing until there is room again. */
  DISK_FULL,
  /**
   * One bit flips of what a member had forced and stated to be safe, or of a snapshot. Up to f
   * members at a time; such a one has lost its votes and comes back under another token, unless it
   * has another snapshot than that.
   */
  BIT_FLIP,
  /** The machines of all lose power at once. Snapshots are taken every 100 slots. */
  POWER_CUT,
  /** Members are added, removed and replaced, and the window changes. */
  MEMBERS,
  /**
   * Members come back without their disks, under another token; their old processes may wake again.
   */
  WIPE,
  /**
   * A member comes back with an older copy of its disk, while everybody who runs has seen more of
   * it. Strikes when that is found out: it has lost its votes and comes back under another token.
   */
  OLD_COPY,
  /**
   * A member is away until the others have compacted what it lacks. Strikes when it has installed a
   * snapshot of one of them.
   */
  AWAY,
  /** A monotonic clock goes forward by up to 100 s all at once, every 2 to 5 s. */
  JUMP;

  /** They want a campaign of their own. */
  private static final Set<Fault> NOT_DRAWN =
      Collections.unmodifiableSet(
          EnumSet.of(
              COIN, SPLIT, SLOW_MEMBERS, DIFFER, POWER_CUT, MEMBERS, WIPE, OLD_COPY, AWAY, JUMP));

  private static final Set<Fault> FROM_THREE_NODES =
      Collections.unmodifiableSet(
          EnumSet.of(
              BRIDGE,
              REBOOT,
              BIT_FLIP,
              ORPHAN,
              PROPOSER,
              LONG_PAUSE,
              COIN,
              SPLIT,
              SLOW_MEMBERS,
              DIFFER,
              MEMBERS,
              WIPE,
              OLD_COPY,
              AWAY));

  private static final Set<Fault> OF_ONE_NODE =
      Collections.unmodifiableSet(
          EnumSet.of(
              CRASH,
              CRASH_MID_CYCLE,
              CRASH_ALL,
              POWER_AFTER_DEATH,
              STOP,
              PAUSE,
              DRIFT,
              SLOW_DISK,
              TORN_WRITE,
              FSYNC_FAILURE,
              DISK_FULL,
              POWER_CUT,
              EXPIRY,
              THROW,
              JUMP));

  /** Those that {@code all} draws from. */
  public static Set<Fault> drawn(int nodes) {
    Set<Fault> drawn = EnumSet.copyOf(fitting(nodes));
    drawn.removeAll(NOT_DRAWN);
    return drawn;
  }

  /**
   * Those that can strike a cluster of so many nodes: one alone has no network, and two cannot lose
   * one.
   */
  static Set<Fault> fitting(int nodes) {
    if (nodes == 1) {
      return OF_ONE_NODE;
    }
    Set<Fault> fitting = EnumSet.allOf(Fault.class);
    if (nodes < 3) {
      fitting.removeAll(FROM_THREE_NODES);
    }
    if (nodes < 4) {
      fitting.remove(RING);
    }
    return fitting;
  }
}
