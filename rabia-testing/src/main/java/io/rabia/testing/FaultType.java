package io.rabia.testing;

import io.rabia.core.NodeId;
import java.time.Duration;
import java.util.Set;

/** What can go wrong, and for how long. Immutable. */
public sealed interface FaultType {

  /** After so long what was broken works again, and who is down is started again. */
  Duration duration();

  /**
   * The process dies and is started again later.
   *
   * @param losesDisk it then finds an empty disk: its votes are lost, as they are with durability
   *     MEMORY. It comes back with a vote of another token while a majority of the others is left
   */
  record NodeCrash(NodeId node, Duration duration, boolean losesDisk) implements FaultType {
    /** With its disk. */
    public NodeCrash(NodeId node, Duration duration) {
      this(node, duration, false);
    }
  }

  /** The process is stopped in order and started again later. */
  record NodeRestart(NodeId node, Duration duration) implements FaultType {}

  /**
   * Nothing passes between two sides. Members on neither side reach both: a partial partition.
   *
   * @param oneWay only what {@code left} sends to {@code right} is lost, without either noticing;
   *     else connections break and none are made
   */
  record NetworkPartition(Set<NodeId> left, Set<NodeId> right, boolean oneWay, Duration duration)
      implements FaultType {
    public NetworkPartition {
      left = Set.copyOf(left);
      right = Set.copyOf(right);
      if (left.isEmpty() || right.isEmpty() || left.stream().anyMatch(right::contains)) {
        throw new IllegalArgumentException("no two sides: " + left + " and " + right);
      }
    }

    /** In both directions. */
    public NetworkPartition(Set<NodeId> left, Set<NodeId> right, Duration duration) {
      this(left, right, false, duration);
    }
  }

  /**
   * Frames vanish on all links.
   *
   * @param rate share of the frames, 0 to 1
   */
  record PacketLoss(double rate, Duration duration) implements FaultType {}

  /** Frames take longer on all links, each its own time. */
  record HighLatency(Duration least, Duration most, Duration duration) implements FaultType {}

  /**
   * Frames overtake each other on all links.
   *
   * @param rate share of the frames that are overtaken, 0 to 1
   */
  record MessageReordering(double rate, Duration duration) implements FaultType {}

  /**
   * A node works slowly.
   *
   * @param delay by which each of its duty cycles is longer
   */
  record SlowNode(NodeId node, Duration delay, Duration duration) implements FaultType {}

  /** A node stands still: it hears and says nothing, and its connections stay. */
  record Pause(NodeId node, Duration duration) implements FaultType {}

  /**
   * A node's monotonic clock is wrong. What it is ahead it stays ahead.
   *
   * @param jump by which it is ahead at once, not negative
   * @param rate of its running: 1 is right, 2 twice as fast
   */
  record ClockSkew(NodeId node, Duration jump, double rate, Duration duration)
      implements FaultType {
    public ClockSkew {
      if (jump.isNegative() || !(rate > 0)) {
        throw new IllegalArgumentException("a monotonic clock does not go back");
      }
    }
  }

  /**
   * Power fails in the middle of the node's next write to its log: half of the bytes are there. It
   * is started again later.
   */
  record TornWrite(NodeId node, Duration duration) implements FaultType {}

  /**
   * The process dies, one bit of the older half of its log flips, and it is started again later: it
   * finds out, votes no more and comes back with a vote of another token.
   */
  record BitFlip(NodeId node, Duration duration) implements FaultType {}

  /** Nothing can be written. The node refuses commands and promises nothing until it can. */
  record DiskFull(NodeId node, Duration duration) implements FaultType {}

  /** The next force of the node's log fails, once. The node stops and is started again later. */
  record FsyncFailure(NodeId node, Duration duration) implements FaultType {}
}
