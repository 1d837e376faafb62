package io.rabia.engine.protocol;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The reign of a configuration as one replica sees it: who of those it knows votes in these slots,
 * and whether it does itself. One thread.
 */
final class Era {
  private static final int NOBODY = -1;

  final Configuration configuration;

  /** The one before, as long as slots of it may be asked for. */
  @Nullable Era before;

  /** The first slot that another configuration governs, once that is known. */
  long end = Long.MAX_VALUE;

  /** The own index, or -1: then this replica only listens. */
  int self;

  private final int[] places;
  private int[] indexes = {};

  /**
   * @param places where each member is found among the {@link Peers}
   * @param self the own place
   */
  Era(Configuration configuration, @Nullable Era before, int[] places, int self) {
    this.configuration = configuration;
    this.before = before;
    this.places = places;
    for (int index = 0; index < places.length; index++) {
      int known = indexes.length;
      if (places[index] >= known) {
        indexes = Arrays.copyOf(indexes, places[index] + 1);
        Arrays.fill(indexes, known, indexes.length, NOBODY);
      }
      indexes[places[index]] = index;
    }
    speakAs(self);
  }

  /** This is the own place. */
  void speakAs(int place) {
    self = index(place);
  }

  long first() {
    return configuration.firstSlot();
  }

  int size() {
    return places.length;
  }

  /** Where the member with this index is found. */
  int place(int index) {
    return places[index];
  }

  /** The index of who is found there, or -1: no vote of theirs counts. */
  int index(int place) {
    return place < indexes.length ? indexes[place] : NOBODY;
  }

  int owner(long slot) {
    return configuration.owner(slot);
  }

  /** Is whoever has this place a member, in this era or in one before? */
  boolean knows(int place) {
    for (Era era = this; era != null; era = era.before) {
      if (era.index(place) >= 0) {
        return true;
      }
    }
    return false;
  }
}
