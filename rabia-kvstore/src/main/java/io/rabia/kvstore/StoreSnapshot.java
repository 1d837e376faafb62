package io.rabia.kvstore;

import static io.rabia.kvstore.SnapshotSource.expect;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The state of the store as bytes. Entries are in no particular order, so the checksums at the end
 * do not depend on any. The first block may begin with events that were dropped.
 *
 * <pre>
 * version 3 = magic i32 | 3 i32 | deflated u8 | rest, deflated if so
 * rest      = version i64 | log time i64 | events: number of the first, slot before it i64
 *             | count i32, count x entry
 *             | count i32, number of the first block's first event i64, count x block
 *             | hash of the entries i64 | sum of the hashes of the events and of the two before them i64
 * entry     = length i32 | what its hash covers
 * block     = CRC32C of the rest i32 | count i32 | bytes of entries i32 | count x type u8
 *             | count x slot i64 | count x hash i64 | count x place of the old entry, -1 for none, i32
 *             | count x place of the new one i32 | count x size i32 | entries as in a page
 *
 * version 2 = magic i32 | 2 i32 | deflated u8 | rest, deflated if so
 * rest      = version i64 | log time i64 | events: first number, slot before it i64, count i32
 *             | count i32, count x entry | events x (type u8 | slot i64 | old, new: entry or length 0)
 *             | the two hashes of version 3
 *
 * version 1 = magic i32 | 1 i32 | version i64 | count i32
 *             | count x (version, created, updated i64 | key length u16 | value length i32 | key | value)
 *             | hash of the entries i64
 * </pre>
 */
final class StoreSnapshot {
  private static final int MAGIC = 0x524B5653;
  static final int VERSION = 3;
  private static final int SECOND_VERSION = 2;
  private static final int FIRST_VERSION = 1;
  private static final int BUFFER = 1 << 16;

  /** More than any command can bring. */
  private static final int MOST_OF_ENTRY = 1 << 28;

  private final long version;
  private final long now;
  private final long hash;
  final EntryTable.View entries;
  final EventHistory.View events;
  private final boolean deflated;
  private boolean written;

  /** Of the state as it is now, whatever becomes of it. */
  StoreSnapshot(StoreState state, boolean deflated) {
    version = state.version();
    now = state.now();
    hash = state.entriesHash();
    entries = state.view();
    events = state.history().freeze();
    this.deflated = deflated;
  }

  /** Once: what it shares with the state may change afterwards. */
  void write(OutputStream target) throws IOException {
    if (written) {
      throw new IllegalStateException("the view was written before");
    }
    written = true;
    try {
      writeAll(target);
    } finally {
      entries.end();
      events.end();
    }
  }

  private void writeAll(OutputStream target) throws IOException {
    DataOutputStream head = new DataOutputStream(target);
    head.writeInt(MAGIC);
    head.writeInt(VERSION);
    head.writeBoolean(deflated);
    head.flush();
    if (deflated) {
      Deflater deflater = new Deflater(Deflater.BEST_SPEED);
      try {
        DeflaterOutputStream through = new DeflaterOutputStream(target, deflater, BUFFER);
        writeRest(through);
        through.finish();
      } finally {
        deflater.end();
      }
    } else {
      writeRest(target);
    }
    target.flush();
  }

  private void writeRest(OutputStream target) throws IOException {
    DataOutputStream out = new DataOutputStream(new BufferedOutputStream(target, BUFFER));
    out.writeLong(version);
    out.writeLong(now);
    out.writeLong(events.first());
    out.writeLong(events.droppedSlot());
    out.writeInt(entries.size());
    entries.forEach(
        entry -> {
          out.writeInt(entry.hashedLength());
          out.write(entry.page(), entry.hashedAt(), entry.hashedLength());
        });
    events.write(out);
    out.writeLong(hash);
    out.writeLong(events.hash() + hash(now, events.droppedSlot()));
    out.flush();
  }

  /**
   * Reads any of the versions.
   *
   * @param like gives the configuration
   * @throws IOException when it is damaged or of another version
   */
  static StoreState read(InputStream source, StoreState like) throws IOException {
    DataInputStream head = new DataInputStream(source);
    expect(head.readInt() == MAGIC, "no snapshot of a key-value store");
    int format = head.readInt();
    expect(
        format >= FIRST_VERSION && format <= VERSION,
        "snapshot of version " + format + "; this release reads " + VERSION + " and before");
    if (format == FIRST_VERSION) {
      return readFirst(new SnapshotSource(source), like);
    }
    int deflated = head.readUnsignedByte();
    expect(deflated <= 1, "damaged head");
    if (deflated == 0) {
      return readRest(new SnapshotSource(source), format, like);
    }
    Inflater inflater = new Inflater();
    try {
      InputStream rest = new InflaterInputStream(source, inflater, BUFFER);
      return readRest(new SnapshotSource(rest), format, like);
    } finally {
      inflater.end();
    }
  }

  private static StoreState readRest(SnapshotSource in, int format, StoreState like)
      throws IOException {
    long version = in.takeLong();
    long now = in.takeLong();
    long firstEvent = in.takeLong();
    long droppedSlot = in.takeLong();
    int eventCount = format == SECOND_VERSION ? in.takeInt() : 0;
    int count = in.takeInt();
    expect(count >= 0 && eventCount >= 0, "negative number of entries or events");
    StoreState state = like.empty(version, now, firstEvent - 1, droppedSlot);
    for (int i = 0; i < count; i++) {
      readEntry(in, state);
    }
    EventHistory history = state.history();
    long eventsHash = hash(now, droppedSlot);
    if (format == VERSION) {
      eventsHash += history.load(in);
    }
    for (int i = 0; i < eventCount; i++) {
      eventsHash += readEvent(in, firstEvent + i, state);
    }
    expect(history.last() == version, "events are not numbered up to the version");
    expect(in.takeLong() == state.entriesHash(), "entries have another hash");
    expect(in.takeLong() == eventsHash, "events have another hash");
    return state;
  }

  private static void readEntry(SnapshotSource in, StoreState state) throws IOException {
    int length = requireEntry(in);
    expect(state.load(in.bytes(), in.at(), length), "a key twice");
    in.skip(length);
  }

  /** Of the second version; returns its hash. */
  private static long readEvent(SnapshotSource in, long number, StoreState state)
      throws IOException {
    byte type = (byte) in.takeByte();
    expect(ChangeType.isCode(type), "unknown type of an event");
    long slot = in.takeLong();
    @Nullable Entry oldEntry = readCopy(in);
    @Nullable Entry newEntry = readCopy(in);
    state.happened(ChangeType.of(type), slot, oldEntry, newEntry);
    return EventHistory.hash(number, type, slot, hash(oldEntry), hash(newEntry));
  }

  private static long hash(@Nullable Entry entry) {
    return entry == null ? 0 : entry.hash();
  }

  private static @Nullable Entry readCopy(SnapshotSource in) throws IOException {
    if (in.intAfter(0) == 0) {
      in.skip(Integer.BYTES);
      return null;
    }
    int length = requireEntry(in);
    Entry copy = Entry.ofHashed(in.bytes(), in.at(), length);
    in.skip(length);
    return copy;
  }

  /** Takes the length of an entry, and requires what its hash covers. */
  private static int requireEntry(SnapshotSource in) throws IOException {
    int length = in.takeInt();
    expect(length > 0 && length <= MOST_OF_ENTRY, "an entry of " + length + " bytes");
    in.require(length);
    expect(Entry.isHashed(in.bytes(), in.at(), length), "an entry with lengths that do not fit");
    return length;
  }

  private static long hash(long now, long droppedSlot) {
    return Hashing.mix(now + 1) + Hashing.mix(~droppedSlot);
  }

  private static StoreState readFirst(SnapshotSource in, StoreState like) throws IOException {
    long version = in.takeLong();
    int count = in.takeInt();
    expect(count >= 0, "negative number of entries");
    StoreState state = like.empty(version, 0, version, Long.MAX_VALUE);
    for (int i = 0; i < count; i++) {
      long entryVersion = in.takeLong();
      long created = in.takeLong();
      long updated = in.takeLong();
      int keyLength = in.takeShort();
      int valueLength = in.takeInt();
      byte[] key = in.take(keyLength);
      expect(
          entryVersion >= 0 && valueLength >= 0 && valueLength <= MOST_OF_ENTRY,
          "a negative version or length, or too large");
      Entry entry = Entry.of(key, in.take(valueLength), entryVersion, created, updated);
      expect(state.load(entry.page(), entry.hashedAt(), entry.hashedLength()), "a key twice");
    }
    expect(in.takeLong() == state.entriesHash(), "entries have another hash");
    return state;
  }
}
