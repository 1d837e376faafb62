package io.rabia.kvstore;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A hash table from keys to {@link Entry entries} with eight bytes of overhead a place. It grows by
 * segments, so that no single write pays for moving a whole large table. Not thread-safe.
 */
final class EntryTable {
  private static final int SEGMENTS = 256;
  private static final int SEGMENT_SHIFT = 56;
  private static final int INITIAL = 16;

  private final long seed;
  private final Segment[] segments = new Segment[SEGMENTS];
  private int size;

  /**
   * @param seed unknown to clients, so that they cannot choose keys that collide
   */
  EntryTable(long seed) {
    this.seed = seed;
    Arrays.setAll(segments, i -> new Segment(new byte[INITIAL][], new int[INITIAL], 0));
  }

  int size() {
    return size;
  }

  byte @Nullable [] find(byte[] key) {
    long hash = Hashing.hash(key, 0, key.length, seed);
    return segment(hash).find(hash, key, 0, key.length);
  }

  /** Puts the entry in the place of the one with its key and returns that. */
  byte @Nullable [] put(byte[] entry) {
    int keyLength = Entry.keyLength(entry);
    long hash = Hashing.hash(entry, Entry.KEY, keyLength, seed);
    byte @Nullable [] replaced = ownSegment(hash).put(hash, entry, keyLength);
    if (replaced == null) {
      size++;
    }
    return replaced;
  }

  byte @Nullable [] remove(byte[] key) {
    long hash = Hashing.hash(key, 0, key.length, seed);
    byte @Nullable [] removed = ownSegment(hash).remove(hash, key);
    if (removed != null) {
      size--;
    }
    return removed;
  }

  /** The entries as they are now; a segment is copied before it changes. */
  View freeze() {
    for (Segment segment : segments) {
      segment.shared = true;
    }
    return new View(segments.clone(), size);
  }

  /** Entries that change no more. Used by one thread, any. */
  static final class View {
    private final Segment[] segments;
    private final int size;

    private View(Segment[] segments, int size) {
      this.segments = segments;
      this.size = size;
    }

    int size() {
      return size;
    }

    /** Hands out every entry, in no particular order. */
    <E extends Exception> void forEach(Visitor<E> visitor) throws E {
      for (Segment segment : segments) {
        for (byte @Nullable [] entry : segment.entries) {
          if (entry != null) {
            visitor.visit(entry);
          }
        }
      }
    }
  }

  /** Takes entries. */
  interface Visitor<E extends Exception> {
    void visit(byte[] entry) throws E;
  }

  private Segment segment(long hash) {
    return segments[(int) (hash >>> SEGMENT_SHIFT)];
  }

  /** The segment, to be changed. */
  private Segment ownSegment(long hash) {
    int index = (int) (hash >>> SEGMENT_SHIFT);
    if (segments[index].shared) {
      segments[index] = segments[index].copy();
    }
    return segments[index];
  }

  /** Open addressing with linear probing; a removal closes its gap. */
  private static final class Segment {
    private byte @Nullable [][] entries;
    private int[] tags;
    private int used;

    /** A view has it: it must not change any more. */
    private boolean shared;

    Segment(byte @Nullable [][] entries, int[] tags, int used) {
      this.entries = entries;
      this.tags = tags;
      this.used = used;
    }

    Segment copy() {
      return new Segment(entries.clone(), tags.clone(), used);
    }

    private int mask() {
      return tags.length - 1;
    }

    private int indexOf(int tag, byte[] key, int offset, int length) {
      int index = tag & mask();
      for (byte @Nullable [] entry = entries[index]; entry != null; entry = entries[index]) {
        if (tags[index] == tag
            && Arrays.equals(
                entry,
                Entry.KEY,
                Entry.KEY + Entry.keyLength(entry),
                key,
                offset,
                offset + length)) {
          return index;
        }
        index = (index + 1) & mask();
      }
      return ~index;
    }

    byte @Nullable [] find(long hash, byte[] key, int offset, int length) {
      int index = indexOf((int) hash, key, offset, length);
      return index < 0 ? null : entries[index];
    }

    byte @Nullable [] put(long hash, byte[] entry, int keyLength) {
      int tag = (int) hash;
      int index = indexOf(tag, entry, Entry.KEY, keyLength);
      if (index >= 0) {
        byte @Nullable [] replaced = entries[index];
        entries[index] = entry;
        return replaced;
      }
      entries[~index] = entry;
      tags[~index] = tag;
      used++;
      if (used > tags.length - tags.length / 4) {
        grow();
      }
      return null;
    }

    private void grow() {
      byte @Nullable [][] oldEntries = entries;
      int[] oldTags = tags;
      entries = new byte[oldTags.length * 2][];
      tags = new int[oldTags.length * 2];
      for (int i = 0; i < oldTags.length; i++) {
        if (oldEntries[i] != null) {
          int index = oldTags[i] & mask();
          while (entries[index] != null) {
            index = (index + 1) & mask();
          }
          entries[index] = oldEntries[i];
          tags[index] = oldTags[i];
        }
      }
    }

    byte @Nullable [] remove(long hash, byte[] key) {
      int gap = indexOf((int) hash, key, 0, key.length);
      if (gap < 0) {
        return null;
      }
      byte @Nullable [] removed = entries[gap];
      int index = (gap + 1) & mask();
      while (entries[index] != null) {
        int home = tags[index] & mask();
        if (((index - home) & mask()) >= ((index - gap) & mask())) {
          entries[gap] = entries[index];
          tags[gap] = tags[index];
          gap = index;
        }
        index = (index + 1) & mask();
      }
      entries[gap] = null;
      used--;
      return removed;
    }
  }
}
