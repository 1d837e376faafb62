package io.rabia.kvstore;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Pages of bytes for entries, which are filled one after the other; a large entry has one of its
 * own. One of which more than half was dropped is sparse: it is to be emptied into the others, so
 * that less than half of all of them is wasted. Not thread-safe.
 */
final class EntryPages {
  private static final int PAGE_BYTES = 1 << 17;
  private static final int LARGE = PAGE_BYTES / 4;

  /** A position is the number of a page and an offset in it in units of eight bytes. */
  private static final int OFFSET_BITS = 14;

  private static final int OFFSET_UNIT = 3;
  private static final int NUMBER_BITS = 24;
  static final int POSITION_BITS = NUMBER_BITS + OFFSET_BITS;

  private byte[] @Nullable [] pages = new byte[16][];
  private int[] used = new int[16];
  private int[] live = new int[16];
  private final IntStack unused = new IntStack();
  private final IntStack sparse = new IntStack();

  /** Numbers begin with 1, so that no position is 0. */
  private int nextNumber = 1;

  private int current;

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

  private static int number(long position) {
    return (int) (position >>> OFFSET_BITS) & (1 << NUMBER_BITS) - 1;
  }

  byte[] page(long position) {
    return page(pages, position);
  }

  /** Of the pages that were {@link #freeze frozen}. */
  static byte[] page(byte[] @Nullable [] frozen, long position) {
    return Objects.requireNonNull(frozen[number(position)]);
  }

  /** The pages as they are now: what lies in them stays. */
  byte[] @Nullable [] freeze() {
    return pages.clone();
  }

  /** Takes room for an entry and returns its position. */
  long reserve(int space) {
    int number = space > LARGE ? add(space) : currentWith(space);
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
    pages[number] = new byte[bytes];
    used[number] = 0;
    live[number] = 0;
    return number;
  }

  private boolean isSparse(int number, int bytes) {
    return bytes < used[number] / 2;
  }

  /** The entry there is not needed any more. */
  void drop(long position) {
    int number = number(position);
    byte[] page = page(position);
    Entry.drop(page, offset(position));
    int before = live[number];
    live[number] -= Entry.spaceAt(page, offset(position));
    if (number != current && !isSparse(number, before) && isSparse(number, live[number])) {
      sparse.push(number);
    }
  }

  /**
   * Where the entries begin of a page that is to be emptied and then freed; 0 when there is none.
   */
  long nextSparse() {
    return (long) sparse.pop() << OFFSET_BITS;
  }

  /** The position of the first entry from there on, in the same page, that is needed; or 0. */
  long nextLive(long position) {
    int number = number(position);
    if (live[number] == 0) {
      return 0;
    }
    byte[] page = page(position);
    int at = offset(position);
    while (at < used[number] && Entry.isDropped(page, at)) {
      at += Entry.spaceAt(page, at);
    }
    return at == used[number] ? 0 : (long) number << OFFSET_BITS | at >>> OFFSET_UNIT;
  }

  void free(long position) {
    int number = number(position);
    pages[number] = null;
    unused.push(number);
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
