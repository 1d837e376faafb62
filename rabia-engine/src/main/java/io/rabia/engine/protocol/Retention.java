package io.rabia.engine.protocol;

import io.rabia.core.CommandBatch;
import org.jspecify.annotations.Nullable;

/**
 * The decisions of the applied slots, kept for members that are behind: bounded in slots and in
 * bytes of batches.
 */
final class Retention {
  private final int mask;
  private final long maxBytes;
  private final long[] ids;
  private final @Nullable CommandBatch[] bodies;
  private long oldest;
  private long next;
  private long bytes;

  Retention(int slots, long maxBytes) {
    int size = Window.powerOfTwo(slots);
    mask = size - 1;
    this.maxBytes = maxBytes;
    ids = new long[size];
    bodies = new CommandBatch[size];
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
      dropOldest();
    }
    int place = (int) slot & mask;
    ids[place] = id;
    bodies[place] = body;
    bytes += body == null ? 0 : body.size();
    while (bytes > maxBytes && oldest < slot) {
      dropOldest();
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
