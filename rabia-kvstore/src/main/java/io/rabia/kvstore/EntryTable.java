package io.rabia.kvstore;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A hash table from keys to {@link Entry entries}, of numbers only: a place is the position of an
 * entry and some bits of the hash of its key. It grows by segments, so that no single write pays
 * for moving a whole large table. What it returns is one and the same object, which is as it is
 * until the table is used again. Not thread-safe.
 */
final class EntryTable {
  private static final int SEGMENTS = 256;
  private static final int SEGMENT_SHIFT = 56;
  private static final int INITIAL = 16;

  /** So many keys are on their way from memory at once. */
  static final int AHEAD = 8;

  private static final long POSITION = (1L << EntryPages.POSITION_BITS) - 1;

  private final long seed;
  private final Views views = new Views();
  private final EntryPages pages = new EntryPages(views);
  private final Segment[] segments = new Segment[SEGMENTS];
  private int size;

  private final Entry shown = new Entry(new byte[0], 0);

  /** Places of keys that will be looked for. */
  private final long[] ahead = new long[AHEAD];

  private int prepared;

  /** Of what was read ahead, so that no compiler leaves it out. */
  int touched;

  /**
   * @param seed unknown to clients, so that they cannot choose keys that collide
   */
  EntryTable(long seed) {
    this.seed = seed;
    Arrays.setAll(segments, i -> new Segment(new long[INITIAL], 0, 0));
  }

  int size() {
    return size;
  }

  /** Bytes of the pages in which the entries lie. */
  long pageBytes() {
    return pages.bytes();
  }

  /** How many entries were moved from one page to another. */
  long moved() {
    return pages.moved();
  }

  @Nullable Entry find(byte[] key) {
    return find(key, key.length);
  }

  /** Of a key that is the first so many bytes. */
  @Nullable Entry find(byte[] key, int length) {
    long hash = Hashing.hash(key, 0, length, seed);
    Segment segment = segments[segmentOf(hash)];
    int index = segment.indexOf(hash, key, 0, length, pages);
    return index < 0 ? null : at(segment.places[index]);
  }

  /**
   * Reads where the key that lies there may be, and some calls later, when that is there, what is
   * there: a processor goes on meanwhile.
   */
  void prepare(ByteBuffer command, int keyAt, int keyLength) {
    long hash = Hashing.hash(command, keyAt, keyLength, seed);
    int at = prepared++ & (AHEAD - 1);
    touched += pages.touch(ahead[at]);
    ahead[at] = segments[segmentOf(hash)].home(hash);
  }

  private Entry at(long position) {
    return shown.show(pages.page(position), EntryPages.offset(position));
  }

  /** Puts an entry in the place of the one with its key. */
  Entry put(Pair pair, long version, long created, long updated, long expires) {
    long position = pages.reserve(Entry.space(pair, expires));
    Entry entry = at(position);
    Entry.write(entry.page(), entry.at(), pair, version, created, updated, expires);
    long hash = Hashing.hash(pair.key(), 0, pair.keyLength(), seed);
    put(hash, pair.key(), 0, pair.keyLength(), position);
    return entry;
  }

  /**
   * Puts an entry in the place of the one with its key, which was found since the last change:
   * where that one lies, if it has the room and no view reads it.
   */
  Entry replace(Entry old, Pair pair, long version, long created, long updated, long expires) {
    boolean fits = Entry.space(pair, expires) == old.space();
    if (!fits || pages.isFrozen(old.page())) {
      return put(pair, version, created, updated, expires);
    }
    Entry.write(old.page(), old.at(), pair, version, created, updated, expires);
    return old;
  }

  /** Puts a copy in the place of the entry with its key; returns false when there was none. */
  boolean put(Entry entry) {
    long position = pages.reserve(entry.space());
    Entry.copy(entry.page(), entry.at(), pages.page(position), EntryPages.offset(position));
    long hash = Entry.hashOfKey(entry.page(), entry.at(), seed);
    return put(hash, entry.page(), entry.keyAt(), entry.keyLength(), position);
  }

  /**
   * Puts an entry of what its hash covers.
   *
   * @return null when there was one with its key, which is gone
   */
  @Nullable Entry load(byte[] hashed, int hashedAt, int length) {
    long position = pages.reserve(Entry.space(length));
    Entry entry = at(position);
    Entry.write(entry.page(), entry.at(), hashed, hashedAt, length);
    long hashOfKey = Entry.hashOfKey(entry.page(), entry.at(), seed);
    return put(hashOfKey, entry.page(), entry.keyAt(), entry.keyLength(), position) ? null : entry;
  }

  private boolean put(long hash, byte[] key, int keyAt, int keyLength, long position) {
    Segment segment = ownSegment(hash);
    int index = segment.indexOf(hash, key, keyAt, keyLength, pages);
    if (index < 0) {
      segment.insert(~index, hash, position);
      size++;
    } else {
      long replaced = segment.places[index];
      segment.set(index, hash, position);
      pages.drop(replaced);
    }
    tidy();
    return index >= 0;
  }

  /** Removes the entry with that key, which is there. */
  void remove(byte[] key) {
    long hash = Hashing.hash(key, 0, key.length, seed);
    Segment segment = ownSegment(hash);
    int index = segment.indexOf(hash, key, 0, key.length, pages);
    pages.drop(segment.places[index]);
    segment.remove(index);
    size--;
    tidy();
  }

  /** Moves some of what is left in sparse pages. */
  private void tidy() {
    for (long from = pages.nextToMove(); from != 0; from = pages.nextToMove()) {
      long hash = Entry.hashOfKey(pages.page(from), EntryPages.offset(from), seed);
      ownSegment(hash).move(hash, from, pages.move(from));
    }
  }

  /** The entries as they are now; until its end a segment is copied before it changes. */
  View freeze() {
    return new View(views, views.begin(), segments.clone(), pages.pages(), size);
  }

  /** Entries that do not change until its {@link #end}. Used by one thread, any. */
  static final class View {
    private final Views views;
    private final int number;
    private final Segment[] segments;
    private final byte[] @Nullable [] pages;
    private final int size;

    private View(Views views, int number, Segment[] segments, byte[] @Nullable [] pages, int size) {
      this.views = views;
      this.number = number;
      this.segments = segments;
      this.pages = pages;
      this.size = size;
    }

    int size() {
      return size;
    }

    Views views() {
      return views;
    }

    void end() {
      views.end(number);
    }

    /** Hands out every entry, in no particular order. */
    <E extends Exception> void forEach(Visitor<E> visitor) throws E {
      for (Segment segment : segments) {
        for (long place : segment.places) {
          if (place != 0) {
            visitor.visit(new Entry(EntryPages.page(pages, place), EntryPages.offset(place)));
          }
        }
      }
    }
  }

  /** Takes entries. */
  interface Visitor<E extends Exception> {
    void visit(Entry entry) throws E;
  }

  private static int segmentOf(long hash) {
    return (int) (hash >>> SEGMENT_SHIFT);
  }

  /** The segment, to be changed. */
  private Segment ownSegment(long hash) {
    int index = segmentOf(hash);
    if (views.mayRead(segments[index].views)) {
      segments[index] = segments[index].copy(views.taken());
    }
    return segments[index];
  }

  /**
   * Open addressing with linear probing; a removal closes its gap. A place is 0 or the low bits of
   * the hash, from which its index follows, above the position.
   */
  private static final class Segment {
    private long[] places;
    private int used;

    /** So many views had been taken when it was made: later ones share it. */
    private final int views;

    Segment(long[] places, int used, int viewsBefore) {
      this.places = places;
      this.used = used;
      views = viewsBefore;
    }

    Segment copy(int viewsBefore) {
      return new Segment(places.clone(), used, viewsBefore);
    }

    private int mask() {
      return places.length - 1;
    }

    private static long tag(long hash) {
      return hash << EntryPages.POSITION_BITS;
    }

    private int indexOfHome(long tag) {
      return (int) (tag >>> EntryPages.POSITION_BITS) & mask();
    }

    /** The place where the search for a key begins. */
    long home(long hash) {
      return places[indexOfHome(tag(hash))];
    }

    /** Index of the key, or the complement of where it is to be. */
    int indexOf(long hash, byte[] key, int keyAt, int keyLength, EntryPages pages) {
      long tag = tag(hash);
      int index = indexOfHome(tag);
      for (long place = places[index]; place != 0; place = places[index]) {
        if ((place & ~POSITION) == tag
            && Entry.hasKey(pages.page(place), EntryPages.offset(place), key, keyAt, keyLength)) {
          return index;
        }
        index = (index + 1) & mask();
      }
      return ~index;
    }

    void set(int index, long hash, long position) {
      places[index] = tag(hash) | position;
    }

    void insert(int index, long hash, long position) {
      set(index, hash, position);
      used++;
      if (used > places.length - places.length / 4) {
        grow();
      }
    }

    private void grow() {
      long[] old = places;
      places = new long[old.length * 2];
      for (long place : old) {
        if (place != 0) {
          int index = indexOfHome(place);
          while (places[index] != 0) {
            index = (index + 1) & mask();
          }
          places[index] = place;
        }
      }
    }

    /** An entry that is here lies elsewhere. */
    void move(long hash, long from, long to) {
      int index = indexOfHome(tag(hash));
      while ((places[index] & POSITION) != from) {
        index = (index + 1) & mask();
      }
      set(index, hash, to);
    }

    void remove(int index) {
      int gap = index;
      int next = (gap + 1) & mask();
      while (places[next] != 0) {
        if (((next - indexOfHome(places[next])) & mask()) >= ((next - gap) & mask())) {
          places[gap] = places[next];
          gap = next;
        }
        next = (next + 1) & mask();
      }
      places[gap] = 0;
      used--;
    }
  }
}
