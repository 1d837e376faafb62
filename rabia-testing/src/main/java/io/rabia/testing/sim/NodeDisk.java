package io.rabia.testing.sim;

import io.rabia.core.persistence.Persistence;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The disk of one node over all its lives, and whether what the node promised is still on it; for a
 * while it is an older copy of it. One thread.
 */
final class NodeDisk {
  private Storage storage;
  private Votes votes = new Votes();

  private record Own(Storage storage, Votes votes) {}

  /** What it was before an older copy came in its place, and nobody has found that out. */
  private @Nullable Own own;

  NodeDisk(Storage storage) {
    this.storage = storage;
  }

  Storage storage() {
    return storage;
  }

  // ---- processes

  /** A process begins. */
  Persistence open(Deaths deaths) {
    votes.begins();
    return storage.open(deaths);
  }

  /** It has started; as {@link Votes#started}. */
  String started(boolean without, boolean before) {
    own = without ? null : own;
    return votes.started(without, before);
  }

  /** It dies; as {@link Storage#crash}. */
  String crash(boolean power) {
    return storage.crash(power);
  }

  /** It has ended in order. */
  void closed() {
    storage.crash(false);
    votes.closed();
  }

  // ---- votes

  /** Will the next process have lost its votes, or may it have, as soon as it is connected? */
  boolean isDoomed() {
    return votes.areDoomed() || own != null;
  }

  /** The process gives its votes up. */
  void loseVotes() {
    votes.lose();
  }

  /** A start ends by itself; as {@link Votes#giveUp}. */
  boolean giveUp() {
    return votes.giveUp();
  }

  /** The machine loses power, whatever the log promises; as {@link Storage#reboot}. */
  String reboot() {
    votes.reboots();
    return storage.reboot();
  }

  /** Returns where a bit of what is safe has flipped; empty when nothing is. */
  String flipBit() {
    Storage.Flip flip = storage.flipBit();
    if (flip == null) {
      return "";
    }
    if (flip.ofLog()) {
      votes.lose();
    } else {
      votes.mayLose();
    }
    return flip.where();
  }

  // ---- older copies

  /** The next process finds an older copy. */
  void putBack(Storage copy) {
    own = new Own(storage, votes);
    storage = copy;
    votes = new Votes();
    votes.mayLose();
  }

  /** Is it an older copy, and nobody has found it out? */
  boolean isOutdated() {
    return own != null;
  }

  /** The next process finds the disk as the last but those of the copy left it. */
  void takeBack() {
    Own before = Objects.requireNonNull(own);
    own = null;
    storage = before.storage();
    votes = before.votes();
  }

  /** The process finds out that it is an older copy; false when it is none. */
  boolean findOut() {
    boolean outdated = own != null;
    if (outdated) {
      own = null;
      votes.lose();
    }
    return outdated;
  }
}
