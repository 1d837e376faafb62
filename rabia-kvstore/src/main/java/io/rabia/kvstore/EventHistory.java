package io.rabia.kvstore;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The last changes of the store, numbered without a gap by the store's version, with copies of the
 * entries. They lie in blocks of one size, each with what its events need; a block whose events are
 * all dropped is used again, unless a {@link View} may have it: between two views that are further
 * apart than the events that are kept nothing is allocated for a change, and no collector copies
 * what lives for a while only. Not thread-safe.
 */
final class EventHistory {
  /** What an event counts beside its entries, in bytes; tiny ones take more. */
  static final int EVENT_OVERHEAD = 32;

  /** What each of its entries counts beside what the entry's hash covers. */
  static final int ENTRY_OVERHEAD = 8;

  private static final int BLOCK_EVENTS = 512;

  /** Just enough for events of 16 bytes that replaced as many under keys of 16 bytes. */
  static final int BLOCK_BYTES = 160 * BLOCK_EVENTS;

  private static final int NONE = -1;

  /** Events one after the other. */
  private static final class Block {
    private final byte[] types = new byte[BLOCK_EVENTS];
    private final long[] slots = new long[BLOCK_EVENTS];
    private final int[] olds = new int[BLOCK_EVENTS];
    private final int[] news = new int[BLOCK_EVENTS];
    private final long[] hashes = new long[BLOCK_EVENTS];
    private final int[] sizes = new int[BLOCK_EVENTS];
    private final byte[] entries;

    /** So many views had been taken when it was begun: later ones share it. */
    private int views;

    private long first;
    private int count;
    private int used;

    Block(int bytes) {
      entries = new byte[bytes];
    }

    Block begin(int viewsBefore) {
      views = viewsBefore;
      count = 0;
      used = 0;
      return this;
    }

    /** One that is larger than others is for a single event. */
    boolean hasRoom(int bytes) {
      int most = isOrdinary() ? BLOCK_EVENTS : 1;
      return count < most && bytes <= entries.length - used;
    }

    boolean isOrdinary() {
      return entries.length == BLOCK_BYTES;
    }

    Entry copy(Entry entry) {
      Entry copy = new Entry(entries, used);
      Entry.copy(entry.page(), entry.at(), entries, used);
      used += Entry.spaceAt(entries, used);
      return copy;
    }

    private @Nullable Entry entry(int at) {
      return at == NONE ? null : new Entry(entries, at);
    }

    @Nullable Entry oldEntry(int index) {
      return entry(olds[index]);
    }

    @Nullable Entry newEntry(int index) {
      return entry(news[index]);
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
  private int views;

  /** Which the next event goes into. */
  private @Nullable Block current;

  private @Nullable Block unused;

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

  /** Begins an event whose entries take so much space. */
  void begin(int space) {
    Block block = current;
    if (block == null || !block.hasRoom(space)) {
      current = next(space).begin(views);
    }
  }

  private Block next(int space) {
    Block again = unused;
    if (again == null || space > BLOCK_BYTES) {
      return new Block(Math.max(BLOCK_BYTES, space));
    }
    unused = null;
    return again;
  }

  /** A copy of an entry of the event that was begun, which stays as long as the event. */
  Entry copy(Entry entry) {
    return Objects.requireNonNull(current).copy(entry);
  }

  /** Appends the event that was begun, with its {@link #copy copies}. */
  void append(ChangeType type, long slot, @Nullable Entry oldEntry, @Nullable Entry newEntry) {
    last++;
    if (maxEvents == 0) {
      first = last + 1;
      droppedSlot = slot;
      return;
    }
    Block block = Objects.requireNonNull(current);
    int size = EVENT_OVERHEAD + size(oldEntry) + size(newEntry);
    long eventHash = hash(last, type, slot, oldEntry, newEntry);
    if (block.count == 0) {
      block.first = last;
      blocks.add(block);
    }
    int at = block.count;
    block.types[at] = type.code();
    block.slots[at] = slot;
    block.olds[at] = oldEntry == null ? NONE : oldEntry.at();
    block.news[at] = newEntry == null ? NONE : newEntry.at();
    block.hashes[at] = eventHash;
    block.sizes[at] = size;
    block.count = at + 1;
    hash += eventHash;
    bytes += size;
    while (last - first >= maxEvents || bytes > maxBytes) {
      drop();
    }
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
      letGo(block);
    }
  }

  private void letGo(Block block) {
    if (block == current) {
      current = null;
    }
    if (block.views == views && block.isOrdinary()) {
      unused = block;
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
            block.oldEntry(i),
            block.newEntry(i))) {
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
    views++;
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
