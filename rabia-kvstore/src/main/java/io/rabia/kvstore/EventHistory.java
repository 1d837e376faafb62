package io.rabia.kvstore;

import static io.rabia.kvstore.SnapshotSource.expect;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The last changes of the store, numbered without a gap by the store's version, with copies of the
 * entries. They lie in blocks of one size, each with what its events need; a block whose events are
 * all dropped is used again, unless a {@link View} may still read it: nothing is allocated for a
 * change but while a view is written, and no collector copies what lives for a while only. Not
 * thread-safe.
 */
final class EventHistory {
  /** What an event counts beside its entries, in bytes; tiny ones take more. */
  static final int EVENT_OVERHEAD = 32;

  /** What each of its entries counts beside what the entry's hash covers. */
  static final int ENTRY_OVERHEAD = 8;

  private static final int BLOCK_EVENTS = 512;

  /** Just enough for events of 16 bytes that replaced as many under keys of 16 bytes. */
  static final int BLOCK_BYTES = 160 * BLOCK_EVENTS;

  /** More than the entries of any event. */
  private static final int MOST_BYTES = 1 << 29;

  /** What {@link Block#write} writes before the columns. */
  private static final int HEAD = 3 * Integer.BYTES;

  /** What it writes for each event, beside the entries. */
  private static final int COLUMNS = 1 + 2 * Long.BYTES + 3 * Integer.BYTES;

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

    /** Returns where the copy lies. */
    int copy(@Nullable Entry entry) {
      if (entry == null) {
        return NONE;
      }
      int at = used;
      Entry.copy(entry.page(), entry.at(), entries, at);
      used += Entry.spaceAt(entries, at);
      return at;
    }

    /** Appends an event with entries that lie here; returns its index. */
    int append(ChangeType type, long slot, int oldAt, int newAt) {
      int at = count++;
      types[at] = type.code();
      slots[at] = slot;
      olds[at] = oldAt;
      news[at] = newAt;
      hashes[at] = hashOf(at);
      sizes[at] = sizeOf(at);
      return at;
    }

    private long hashOf(int at) {
      return hash(first + at, types[at], slots[at], hashAt(olds[at]), hashAt(news[at]));
    }

    private long hashAt(int at) {
      return at == NONE ? 0 : Entry.hash(entries, at);
    }

    private int sizeOf(int at) {
      return EVENT_OVERHEAD + sizeAt(olds[at]) + sizeAt(news[at]);
    }

    private int sizeAt(int at) {
      return at == NONE ? 0 : ENTRY_OVERHEAD + Entry.hashedLength(entries, at);
    }

    /** The first so many events, of which the entries take so many bytes, as they lie here. */
    void write(DataOutputStream out, int events, int bytes) throws IOException {
      ByteBuffer target = ByteBuffer.allocate(HEAD + events * COLUMNS);
      target.putInt(0).putInt(events).putInt(bytes).put(types, 0, events);
      target.asLongBuffer().put(slots, 0, events).put(hashes, 0, events);
      target.position(target.position() + 2 * events * Long.BYTES);
      target.asIntBuffer().put(olds, 0, events).put(news, 0, events).put(sizes, 0, events);
      byte[] columns = target.array();
      CRC32C crc = new CRC32C();
      crc.update(columns, Integer.BYTES, columns.length - Integer.BYTES);
      crc.update(entries, 0, bytes);
      target.putInt(0, (int) crc.getValue());
      out.write(columns);
      out.write(entries, 0, bytes);
    }

    static Block read(SnapshotSource in) throws IOException {
      int events = in.intAfter(Integer.BYTES);
      int bytes = in.intAfter(2 * Integer.BYTES);
      expect(events > 0 && events <= BLOCK_EVENTS, "a block of " + events + " events");
      expect(bytes >= 0 && bytes <= MOST_BYTES, "a block of " + bytes + " bytes");
      int length = HEAD + events * COLUMNS + bytes;
      in.require(length);
      ByteBuffer source = ByteBuffer.wrap(in.bytes(), in.at(), length);
      int checksum = source.getInt();
      CRC32C crc = new CRC32C();
      crc.update(source.duplicate());
      expect((int) crc.getValue() == checksum, "a damaged block of events");
      Block block = new Block(Math.max(BLOCK_BYTES, bytes));
      source.position(in.at() + HEAD).get(block.types, 0, events);
      source.asLongBuffer().get(block.slots, 0, events).get(block.hashes, 0, events);
      source.position(source.position() + 2 * events * Long.BYTES);
      IntBuffer ints = source.asIntBuffer();
      ints.get(block.olds, 0, events).get(block.news, 0, events).get(block.sizes, 0, events);
      source.position(source.position() + 3 * events * Integer.BYTES);
      source.get(block.entries, 0, bytes);
      block.count = events;
      block.used = bytes;
      in.skip(length);
      return block;
    }

    /** Can this event have been appended? The hashes of its entries are believed. */
    void require(int at) throws IOException {
      expect(ChangeType.isCode(types[at]), "unknown type of an event");
      requireEntry(olds[at]);
      requireEntry(news[at]);
      expect(hashes[at] == hashOf(at), "an event with another hash");
      expect(sizes[at] == sizeOf(at), "an event of another size");
    }

    private void requireEntry(int at) throws IOException {
      if (at != NONE) {
        Entry.require(entries, at, used);
      }
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
  private final Views views = new Views();

  /** Which the next event goes into. */
  private @Nullable Block current;

  /** Where the old entry of the event that was begun lies. */
  private int begun = NONE;

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

  /**
   * Begins an event with a copy of the old entry.
   *
   * @param space that the new one will take; 0 for none
   */
  void begin(@Nullable Entry old, int space) {
    if (maxEvents == 0) {
      return;
    }
    int needed = space + (old == null ? 0 : old.space());
    Block block = current;
    if (block == null || !block.hasRoom(needed)) {
      block = next(needed).begin(views.taken());
      current = block;
    }
    begun = block.copy(old);
  }

  private Block next(int space) {
    Block again = unused;
    if (again == null || space > BLOCK_BYTES) {
      return new Block(Math.max(BLOCK_BYTES, space));
    }
    unused = null;
    return again;
  }

  /** Appends the event that was begun, with a copy of the new entry. */
  void append(ChangeType type, long slot, @Nullable Entry entry) {
    last++;
    if (maxEvents == 0) {
      first = last + 1;
      droppedSlot = slot;
      return;
    }
    Block block = Objects.requireNonNull(current);
    if (block.count == 0) {
      block.first = last;
      blocks.add(block);
    }
    int at = block.append(type, slot, begun, block.copy(entry));
    hash += block.hashes[at];
    bytes += block.sizes[at];
    dropOld();
  }

  private void dropOld() {
    while (last - first >= maxEvents || bytes > maxBytes) {
      drop();
    }
  }

  /** Of an event, with the hashes of its entries, 0 for none. */
  static long hash(long number, byte type, long slot, long oldHash, long newHash) {
    return Hashing.mix((slot * 31 + type) * 31 + number + Long.rotateLeft(oldHash, 1) + newHash);
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
    if (block.isOrdinary() && !views.mayRead(block.views)) {
      unused = block;
    }
  }

  /** Hands out the events from that number on. */
  <E extends Exception> void forEach(long from, Visitor<E> visitor) throws E {
    long number = Math.max(from, first);
    for (int b = blockOf(number); number <= last; b++) {
      Block block = blocks.get(b);
      for (int i = (int) (number - block.first); i < block.count; i++, number++) {
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

  private int blockOf(long number) {
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
      Block block = blocks.get(blockOf(middle));
      if (block.slots[(int) (middle - block.first)] < slot) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * Takes the events that {@link View#write} wrote, which follow on those that are here.
   *
   * @return the sum of their hashes
   */
  long load(SnapshotSource in) throws IOException {
    int count = in.takeInt();
    long next = in.takeLong();
    expect(count >= 0 && next <= first, "events are missing");
    long sum = 0;
    for (int i = 0; i < count; i++) {
      Block block = Block.read(in);
      block.first = next;
      next += block.count;
      expect(next > first, "a block of events that were dropped");
      blocks.add(block);
      for (int at = (int) Math.max(0, first - block.first); at < block.count; at++) {
        block.require(at);
        sum += block.hashes[at];
        hash += block.hashes[at];
        bytes += block.sizes[at];
      }
      last = next - 1;
      current = block;
      dropOld();
    }
    return sum;
  }

  /** The events as they are now. */
  View freeze() {
    int number = views.begin();
    int used = blocks.isEmpty() ? 0 : blocks.get(blocks.size() - 1).used;
    return new View(views, number, List.copyOf(blocks), first, last, used, droppedSlot, hash);
  }

  /**
   * Events that do not change until its {@link #end}. Used by one thread, any.
   *
   * @param used bytes of entries in the last block
   * @param hash sum of the hashes of all
   */
  record View(
      Views views,
      int number,
      List<Block> blocks,
      long first,
      long last,
      int used,
      long droppedSlot,
      long hash) {

    void end() {
      views.end(number);
    }

    /** How many blocks, the number of the first event in them, and each block. */
    void write(DataOutputStream out) throws IOException {
      out.writeInt(blocks.size());
      out.writeLong(blocks.isEmpty() ? first : blocks.get(0).first);
      for (int i = 0; i < blocks.size(); i++) {
        Block block = blocks.get(i);
        boolean isLast = i == blocks.size() - 1;
        long end = isLast ? last + 1 : blocks.get(i + 1).first;
        block.write(out, (int) (end - block.first), isLast ? used : block.used);
      }
    }
  }
}
