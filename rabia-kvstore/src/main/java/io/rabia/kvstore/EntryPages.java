package io.rabia.kvstore;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Pages of bytes for entries, which are filled one after the other; a large entry has one of its
 * own. What lies in a page may be written again in its place unless a view reads it. One of which
 * less than half is needed is sparse: it is to be emptied into the others, as fast as entries are
 * dropped, so that not much more than half of all of them is wasted and no change pays for what
 * others left. Not thread-safe.
 */
final class EntryPages {
  private static final int PAGE_BYTES = 1 << 17;
  private static final int LARGE = PAGE_BYTES / 4;

  /** A position is the number of a page and an offset in it in units of eight bytes. */
  private static final int OFFSET_BITS = 14;

  private static final int OFFSET_UNIT = 3;
  private static final int NUMBER_BITS = 24;

  private static final int CACHE_LINE = 64;

  /** Bytes that are moved for each byte that is dropped; more than one, to get ahead. */
  private static final int MOVED_PER_DROPPED = 2;

  static final int POSITION_BITS = NUMBER_BITS + OFFSET_BITS;

  /** A page begins with how many views had been taken when it was made, as i32. */
  private static final int HEAD = 1 << OFFSET_UNIT;

  private byte[] @Nullable [] pages = new byte[16][];
  private int[] used = new int[16];
  private int[] live = new int[16];
  private final IntStack unused = new IntStack();
  private final IntStack sparse = new IntStack();

  /** Numbers begin with 1, so that no position is 0. */
  private int nextNumber = 1;

  private int current;

  /** Where the next entry is looked for in the sparse page that is being emptied; 0: no page. */
  private long emptying;

  /** Bytes that may be moved now. */
  private long credit;

  private long moved;
  private final Views views;

  EntryPages(Views views) {
    this.views = views;
  }

  private static final class IntStack {
    private int[] values = new int[16];
    private int size;

    void push(int value) {
      if (size == values.length) {
        values = Arrays.copyOf(values, size * 2);
      }
      values[size++] = value;
    }

    /** 0 when there is none. */
    int pop() {
      return size == 0 ? 0 : values[--size];
    }
  }

  static int offset(long position) {
    return ((int) position & (1 << OFFSET_BITS) - 1) << OFFSET_UNIT;
  }

  /** Whether what lies in the page stays as it is. */
  boolean isFrozen(byte[] page) {
    return views.mayRead((int) Entry.INT.get(page, 0));
  }

  private static int number(long position) {
    return (int) (position >>> OFFSET_BITS) & (1 << NUMBER_BITS) - 1;
  }

  /** Reads an entry's cache lines, if one lies there still: nothing else may be made of it. */
  int touch(long position) {
    byte @Nullable [] page = pages[number(position)];
    int at = offset(position);
    return page == null || page.length - at <= CACHE_LINE ? 0 : page[at] + page[at + CACHE_LINE];
  }

  byte[] page(long position) {
    return page(pages, position);
  }

  static byte[] page(byte[] @Nullable [] pages, long position) {
    return Objects.requireNonNull(pages[number(position)]);
  }

  /** The pages as they are now, for a view. */
  byte[] @Nullable [] pages() {
    return pages.clone();
  }

  /** Takes room for an entry and returns its position. */
  long reserve(int space) {
    int number = space > LARGE ? add(HEAD + space) : currentWith(space);
    int at = used[number];
    used[number] += space;
    live[number] += space;
    return (long) number << OFFSET_BITS | at >>> OFFSET_UNIT;
  }

  private int currentWith(int space) {
    if (current == 0 || PAGE_BYTES - used[current] < space) {
      int full = current;
      current = add(PAGE_BYTES);
      if (full != 0 && isSparse(full, live[full])) {
        sparse.push(full);
      }
    }
    return current;
  }

  private int add(int bytes) {
    int number = unused.pop();
    if (number == 0) {
      number = nextNumber++;
      if (number == 1 << NUMBER_BITS) {
        throw new IllegalStateException("more pages than can be numbered");
      }
      if (number == pages.length) {
        pages = Arrays.copyOf(pages, number * 2);
        used = Arrays.copyOf(used, number * 2);
        live = Arrays.copyOf(live, number * 2);
      }
    }
    byte[] page = new byte[bytes];
    Entry.INT.set(page, 0, views.taken());
    pages[number] = page;
    used[number] = HEAD;
    live[number] = 0;
    return number;
  }

  private boolean isSparse(int number, int bytes) {
    return bytes < Objects.requireNonNull(pages[number]).length / 2;
  }

  /** The entry there is not needed any more. */
  void drop(long position) {
    int number = number(position);
    byte[] page = page(position);
    Entry.drop(page, offset(position));
    int before = live[number];
    int space = Entry.spaceAt(page, offset(position));
    live[number] -= space;
    credit += (long) MOVED_PER_DROPPED * space;
    if (number != current && !isSparse(number, before) && isSparse(number, live[number])) {
      sparse.push(number);
    }
  }

  /**
   * The position of an entry that is to be moved now, or 0. Frees the pages that have none left.
   */
  long nextToMove() {
    while (credit > 0) {
      if (emptying == 0) {
        int number = sparse.pop();
        if (number == 0) {
          credit = 0;
          return 0;
        }
        emptying = (long) number << OFFSET_BITS | HEAD >>> OFFSET_UNIT;
      }
      long next = nextLive(emptying);
      if (next != 0) {
        emptying = next;
        return next;
      }
      free(number(emptying));
      emptying = 0;
    }
    return 0;
  }

  /** The position of the first entry from there on, in the same page, that is needed; or 0. */
  private long nextLive(long position) {
    int number = number(position);
    if (live[number] == 0) {
      return 0;
    }
    byte[] page = page(position);
    int at = offset(position);
    while (Entry.isDropped(page, at)) {
      at += Entry.spaceAt(page, at);
    }
    return (long) number << OFFSET_BITS | at >>> OFFSET_UNIT;
  }

  /** Copies an entry that is to be moved; its old position is not needed any more. */
  long move(long from) {
    byte[] page = page(from);
    int space = Entry.spaceAt(page, offset(from));
    long to = reserve(space);
    Entry.copy(page, offset(from), page(to), offset(to));
    Entry.drop(page, offset(from));
    live[number(from)] -= space;
    credit -= space;
    moved++;
    return to;
  }

  private void free(int number) {
    pages[number] = null;
    unused.push(number);
  }

  /** How many entries. */
  long moved() {
    return moved;
  }

  /** Bytes of all pages. */
  long bytes() {
    long bytes = 0;
    for (byte @Nullable [] page : pages) {
      bytes += page == null ? 0 : page.length;
    }
    return bytes;
  }
}
