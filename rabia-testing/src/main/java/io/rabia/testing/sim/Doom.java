package io.rabia.testing.sim;

import io.rabia.core.persistence.Durability;
import io.rabia.engine.Member;
import io.rabia.persistence.NoSpaceException;
import java.io.IOException;

/**
 * What the process of one node will die of, in the middle of what it does, and how its disk will
 * fail. One thread.
 */
final class Doom implements Deaths {
  private enum Kind {
    NONE,
    DEATH_AT_FORCE,
    POWER_AT_FORCE,
    OFFERING,
    PROPOSING,
    TORN_WRITE,
    FAILED_FORCE
  }

  private final SimNode node;
  private final Faults faults;
  private final SimRandom random;
  private Kind kind = Kind.NONE;
  private int actions;
  private boolean full;
  private boolean failed;

  Doom(SimNode node, Faults faults, SimRandom random) {
    this.node = node;
    this.faults = faults;
    this.random = random;
  }

  // ---- what is to come

  /** The process will die at its so many-th write or send from now on. */
  void crashSoon(int afterActions) {
    actions = afterActions;
  }

  /** The process will die before it forces what it wrote, and lose power soon after that. */
  void losePowerAfterDeath() {
    kind = Kind.DEATH_AT_FORCE;
  }

  /**
   * The process will die when it has sent its next batch, or its Propose for one, to one member and
   * not to all. Where a log forces, a batch leaves ahead of its Propose, as an Offer.
   */
  void dieProposing() {
    boolean offers = node.storage().durability() == Durability.FSYNC && random.chance(0.5);
    kind = offers ? Kind.OFFERING : Kind.PROPOSING;
  }

  /** The process will die in the middle of its next write. */
  void tearWrite() {
    kind = Kind.TORN_WRITE;
  }

  /** The next force of what was written will fail. */
  void failForce() {
    kind = Kind.FAILED_FORCE;
  }

  /** Nothing more can be written, until there is room again. */
  void fillDisk(boolean isFull) {
    full = isFull;
  }

  /** What was to kill it, or to fail, does not. */
  void spare() {
    actions = 0;
    kind = Kind.NONE;
    full = false;
  }

  /** A process begins. */
  void begins() {
    actions = 0;
    failed = false;
  }

  /** It has died at a force, and its machine will lose power at the next one. */
  boolean isPowerNext() {
    return kind == Kind.POWER_AT_FORCE;
  }

  /**
   * May this process end because of its disk? When a force failed; a disk without room only keeps
   * it from starting.
   */
  boolean mayEnd() {
    return failed;
  }

  // ---- while it runs

  @Override
  public void beforeAction() {
    if (node.isRunning() && actions > 0 && --actions == 0) {
      faults.fired(Fault.CRASH_MID_CYCLE);
      throw new SimCrash(random.chance(0.5));
    }
  }

  @Override
  public void beforeForce() throws IOException {
    if (!node.isUp()) {
      return;
    }
    switch (kind) {
      case DEATH_AT_FORCE -> {
        kind = Kind.POWER_AT_FORCE;
        throw new SimCrash(false);
      }
      case POWER_AT_FORCE -> {
        strikes(Fault.POWER_AFTER_DEATH);
        throw new SimCrash(true);
      }
      case FAILED_FORCE -> {
        strikes(Fault.FSYNC_FAILURE);
        failed = true;
        throw new IOException("input/output error");
      }
      default -> {}
    }
  }

  @Override
  public int taken(int length) {
    boolean torn = kind == Kind.TORN_WRITE && node.isUp();
    return full || torn ? random.below(length) : length;
  }

  @Override
  public void cutShort() throws IOException {
    if (full) {
      faults.fired(Fault.DISK_FULL);
      failed |= !node.isUp();
      throw new NoSpaceException("no space left on device");
    }
    strikes(Fault.TORN_WRITE);
    throw new SimCrash(random.chance(0.5));
  }

  @Override
  public void waits(long nanos) {
    node.waits(nanos);
  }

  /** The process sends a frame, which another one got before if {@code again}. */
  void sends(Frame frame, boolean again) {
    Member member = node.member();
    if (node.isRunning() && again && member != null && kills(frame, member)) {
      strikes(Fault.PROPOSER);
      throw new SimCrash(random.chance(0.5));
    }
  }

  private boolean kills(Frame frame, Member member) {
    int own = member.replica().ownOrigin();
    return kind == Kind.OFFERING && frame.offersOf(own)
        || kind == Kind.PROPOSING && frame.proposesOf(own);
  }

  private void strikes(Fault fault) {
    kind = Kind.NONE;
    faults.fired(fault);
  }
}
