package io.rabia.kvstore;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last changes of the store, numbered without a gap by the store's version, with copies of the
 * entries. Blocks are only ever appended to, so that a {@link View} shares them. Not thread-safe.
 */
final class EventHistory {
  /** What an event counts beside its entries, in bytes; about what it really takes. */
  static final int EVENT_OVERHEAD = 32;

  /** What each of its entries counts beside what the entry's hash covers. */
  static final int ENTRY_OVERHEAD = 8;

  private static final int PAGE_BYTES = 1 << 16;
  private static final int BLOCK_EVENTS = 512;
  private static final int BLOCK_BYTES = 1 << 20;

  /** Events one after the other. */
  private static final class Block {
    private final long first;
    private final byte[] types = new byte[BLOCK_EVENTS];
    private final long[] slots = new long[BLOCK_EVENTS];
    private final Entries olds = new Entries();
    private final Entries news = new Entries();
    private final long[] hashes = new long[BLOCK_EVENTS];
    private final int[] sizes = new int[BLOCK_EVENTS];
    private int count;
    private long bytes;

    Block(long first) {
      this.first = first;
    }
  }

  /** One entry of each event, or none. */
  private static final class Entries {
    private final byte[] @Nullable [] pages = new byte[BLOCK_EVENTS][];
    private final int[] ats = new int[BLOCK_EVENTS];

    @Nullable Entry get(int index) {
      byte @Nullable [] page = pages[index];
      return page == null ? null : new Entry(page, ats[index]);
    }

    void set(int index, @Nullable Entry entry) {
      if (entry != null) {
        pages[index] = entry.page();
        ats[index] = entry.at();
      }
    }
  }

  /** Takes events in order until it has enough. */
  interface Visitor<E extends Exception> {
    boolean more(
        long number, ChangeType type, long slot, @Nullable Entry oldEntry, @Nullable Entry newEntry)
        throws E;
  }

  private final int maxEvents;
  private final long maxBytes;
  private final List<Block> blocks = new ArrayList<>();
  private long last;
  private long first;
  private long droppedSlot;
  private long bytes;
  private long hash;
  private byte[] page = new byte[0];
  private int used;

  /**
   * @param maxEvents 0: none are kept
   * @param last number of the change before the first
   * @param droppedSlot of that change
   */
  EventHistory(int maxEvents, long maxBytes, long last, long droppedSlot) {
    this.maxEvents = maxEvents;
    this.maxBytes = maxBytes;
    this.last = last;
    this.droppedSlot = droppedSlot;
    first = last + 1;
  }

  /** Number of the newest change. */
  long last() {
    return last;
  }

  /** Number of the oldest change that is still here; above {@link #last} when none is. */
  long first() {
    return first;
  }

  /** Slot of the newest change that is not here any more. */
  long droppedSlot() {
    return droppedSlot;
  }

  long bytes() {
    return bytes;
  }

  long hash() {
    return Hashing.mix(hash ^ Hashing.mix(first)) + droppedSlot;
  }

  boolean isKept() {
    return maxEvents > 0;
  }

  /** Appends a change of entries that never change. */
  void append(ChangeType type, long slot, @Nullable Entry oldEntry, @Nullable Entry newEntry) {
    last++;
    if (maxEvents == 0) {
      first = last + 1;
      droppedSlot = slot;
      return;
    }
    Block block = blocks.isEmpty() ? null : blocks.get(blocks.size() - 1);
    if (block == null || block.count == BLOCK_EVENTS || block.bytes >= BLOCK_BYTES) {
      block = new Block(last);
      blocks.add(block);
    }
    int size = EVENT_OVERHEAD + size(oldEntry) + size(newEntry);
    long eventHash = hash(last, type, slot, oldEntry, newEntry);
    int at = block.count;
    block.types[at] = type.code();
    block.slots[at] = slot;
    block.olds.set(at, oldEntry);
    block.news.set(at, newEntry);
    block.hashes[at] = eventHash;
    block.sizes[at] = size;
    block.count = at + 1;
    block.bytes += size;
    hash += eventHash;
    bytes += size;
    while (last - first >= maxEvents || bytes > maxBytes) {
      drop();
    }
  }

  /** The entry as it is now, among others of the history. */
  Entry copy(Entry entry) {
    int space = Entry.spaceAt(entry.page(), entry.at());
    if (space > page.length - used) {
      page = new byte[Math.max(PAGE_BYTES, space)];
      used = 0;
    }
    Entry copy = new Entry(page, used);
    Entry.copy(entry.page(), entry.at(), page, used);
    used += space;
    return copy;
  }

  private static int size(@Nullable Entry entry) {
    return entry == null ? 0 : ENTRY_OVERHEAD + entry.hashedLength();
  }

  static long hash(
      long number, ChangeType type, long slot, @Nullable Entry oldEntry, @Nullable Entry newEntry) {
    return Hashing.mix(
        (slot * 31 + type.code()) * 31
            + number
            + (oldEntry == null ? 0 : Long.rotateLeft(oldEntry.hash(), 1))
            + (newEntry == null ? 0 : newEntry.hash()));
  }

  private void drop() {
    Block block = blocks.get(0);
    int at = (int) (first - block.first);
    hash -= block.hashes[at];
    bytes -= block.sizes[at];
    droppedSlot = block.slots[at];
    first++;
    if (at + 1 == block.count) {
      blocks.remove(0);
    }
  }

  /** Hands out the events from that number on. */
  <E extends Exception> void forEach(long from, Visitor<E> visitor) throws E {
    forEach(blocks, Math.max(from, first), last, visitor);
  }

  private static <E extends Exception> void forEach(
      List<Block> blocks, long from, long to, Visitor<E> visitor) throws E {
    if (from > to) {
      return;
    }
    long number = from;
    for (int b = blockOf(blocks, from); number <= to; b++) {
      Block block = blocks.get(b);
      for (int i = (int) (number - block.first); i < BLOCK_EVENTS && number <= to; i++, number++) {
        boolean end = b + 1 < blocks.size() && number == blocks.get(b + 1).first;
        if (end) {
          break;
        }
        if (!visitor.more(
            number,
            ChangeType.of(block.types[i]),
            block.slots[i],
            block.olds.get(i),
            block.news.get(i))) {
          return;
        }
      }
    }
  }

  private static int blockOf(List<Block> blocks, long number) {
    int low = 0;
    int high = blocks.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (blocks.get(middle).first <= number) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** Number of the first event that is here of that slot or a later one. */
  long firstSince(long slot) {
    long low = first;
    long high = last + 1;
    while (low < high) {
      long middle = (low + high) >>> 1;
      Block block = blocks.get(blockOf(blocks, middle));
      if (block.slots[(int) (middle - block.first)] < slot) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The events as they are now. */
  View freeze() {
    return new View(List.copyOf(blocks), first, last, droppedSlot, hash);
  }

  /**
   * Events that change no more. Used by one thread, any.
   *
   * @param hash sum of the hashes of all
   */
  record View(List<Block> blocks, long first, long last, long droppedSlot, long hash) {

    <E extends Exception> void forEach(Visitor<E> visitor) throws E {
      EventHistory.forEach(blocks, first, last, visitor);
    }
  }
}
