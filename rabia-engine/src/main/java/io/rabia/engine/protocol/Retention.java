package io.rabia.engine.protocol;

import io.rabia.core.CommandBatch;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The decisions of the applied slots, kept for members that are behind: bounded in slots and in
 * bytes of batches.
 */
final class Retention {
  private static final int FIRST_SIZE = 64;

  private final int maxSlots;
  private final long maxBytes;
  private long[] ids = new long[FIRST_SIZE];
  private @Nullable CommandBatch[] bodies = new CommandBatch[FIRST_SIZE];
  private int mask = FIRST_SIZE - 1;
  private long oldest;
  private long next;
  private long bytes;

  /** Grows up to so many slots, a power of two. */
  Retention(int slots, long maxBytes) {
    maxSlots = Window.powerOfTwo(Math.max(FIRST_SIZE, slots));
    this.maxBytes = maxBytes;
  }

  /**
   * Takes the decision of the slot after the last one taken; {@code body} is null when nobody needs
   * it.
   */
  void add(long slot, long id, @Nullable CommandBatch body) {
    if (next == 0) {
      oldest = slot;
    }
    next = slot + 1;
    if (next - oldest > ids.length) {
      if (ids.length < maxSlots) {
        grow();
      } else {
        dropOldest();
      }
    }
    int place = (int) slot & mask;
    ids[place] = id;
    bodies[place] = body;
    bytes += body == null ? 0 : body.size();
    while (bytes > maxBytes && oldest < slot) {
      dropOldest();
    }
  }

  /** What comes next may be any slot. */
  void clear() {
    Arrays.fill(bodies, null);
    bytes = 0;
    oldest = 0;
    next = 0;
  }

  private void grow() {
    long[] formerIds = ids;
    @Nullable CommandBatch[] formerBodies = bodies;
    int formerMask = mask;
    ids = new long[2 * formerIds.length];
    bodies = new CommandBatch[ids.length];
    mask = ids.length - 1;
    for (long slot = oldest; slot < next - 1; slot++) {
      ids[(int) slot & mask] = formerIds[(int) slot & formerMask];
      bodies[(int) slot & mask] = formerBodies[(int) slot & formerMask];
    }
  }

  private void dropOldest() {
    int place = (int) oldest & mask;
    CommandBatch body = bodies[place];
    bytes -= body == null ? 0 : body.size();
    bodies[place] = null;
    oldest++;
  }

  boolean holds(long slot) {
    return slot >= oldest && slot < next;
  }

  long id(long slot) {
    return ids[(int) slot & mask];
  }

  @Nullable CommandBatch body(long slot) {
    return bodies[(int) slot & mask];
  }

  /** A retained batch by its id; looks at every place, so only for members that lost a body. */
  @Nullable CommandBatch find(long id) {
    for (long slot = next - 1; slot >= oldest; slot--) {
      CommandBatch body = body(slot);
      if (body != null && body.id() == id) {
        return body;
      }
    }
    return null;
  }
}
