package io.rabia.kvstore;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The state of the store as bytes. Entries are in no particular order, so the checksums at the end
 * do not depend on any.
 *
 * <pre>
 * version 2 = magic i32 | 2 i32 | deflated u8 | rest, deflated if so
 * rest      = version i64 | log time i64 | events: first number, slot before it i64, count i32
 *             | count i32, count x entry | events x (type u8 | slot i64 | old, new: entry or length 0)
 *             | hash of the entries i64 | hash of the events and the two before them i64
 * entry     = length i32 | what its hash covers
 *
 * version 1 = magic i32 | 1 i32 | version i64 | count i32
 *             | count x (version, created, updated i64 | key length u16 | value length i32 | key | value)
 *             | hash of the entries i64
 * </pre>
 */
final class StoreSnapshot {
  private static final int MAGIC = 0x524B5653;
  static final int VERSION = 2;
  private static final int FIRST_VERSION = 1;
  private static final int BUFFER = 1 << 16;

  /** More than any command can bring. */
  private static final int MOST_OF_ENTRY = 1 << 28;

  private final long version;
  private final long now;
  private final long hash;
  private final EntryTable.View entries;
  private final EventHistory.View events;
  private final boolean deflated;

  /** Of the state as it is now, whatever becomes of it. */
  StoreSnapshot(StoreState state, boolean deflated) {
    version = state.version();
    now = state.now();
    hash = state.entriesHash();
    entries = state.view();
    events = state.history().freeze();
    this.deflated = deflated;
  }

  void write(OutputStream target) throws IOException {
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
    out.writeInt((int) (events.last() + 1 - events.first()));
    out.writeInt(entries.size());
    entries.forEach(entry -> writeEntry(out, entry));
    events.forEach(
        (number, type, slot, oldEntry, newEntry) -> {
          out.writeByte(type.code());
          out.writeLong(slot);
          writeEntry(out, oldEntry);
          writeEntry(out, newEntry);
          return true;
        });
    out.writeLong(hash);
    out.writeLong(events.hash() + hash(now, events.droppedSlot()));
    out.flush();
  }

  private static void writeEntry(DataOutputStream out, @Nullable Entry entry) throws IOException {
    if (entry == null) {
      out.writeInt(0);
    } else {
      out.writeInt(entry.hashedLength());
      out.write(entry.page(), entry.hashedAt(), entry.hashedLength());
    }
  }

  /**
   * Reads either version.
   *
   * @param like gives the configuration
   * @throws IOException when it is damaged or of another version
   */
  static StoreState read(InputStream source, StoreState like) throws IOException {
    DataInputStream head = new DataInputStream(source);
    expect(head.readInt() == MAGIC, "no snapshot of a key-value store");
    int format = head.readInt();
    expect(
        format == VERSION || format == FIRST_VERSION,
        "snapshot of version " + format + "; this release reads " + VERSION + " and before");
    if (format == FIRST_VERSION) {
      return readFirst(buffered(source), like);
    }
    int deflated = head.readUnsignedByte();
    expect(deflated <= 1, "damaged head");
    return readRest(buffered(deflated == 1 ? new InflaterInputStream(source) : source), like);
  }

  private static DataInputStream buffered(InputStream source) {
    return new DataInputStream(new BufferedInputStream(source, BUFFER));
  }

  private static StoreState readRest(DataInputStream in, StoreState like) throws IOException {
    long version = in.readLong();
    long now = in.readLong();
    long firstEvent = in.readLong();
    long droppedSlot = in.readLong();
    int eventCount = in.readInt();
    int count = in.readInt();
    expect(count >= 0 && eventCount >= 0, "negative number of entries or events");
    expect(firstEvent + eventCount == version + 1, "events are not numbered up to the version");
    StoreState state = like.empty(version, now, firstEvent - 1, droppedSlot);
    for (int i = 0; i < count; i++) {
      @Nullable Entry entry = readEntry(in);
      expect(entry != null && state.load(entry), "an entry of nothing, or a key twice");
    }
    long eventsHash = hash(now, droppedSlot);
    for (int i = 0; i < eventCount; i++) {
      ChangeType type = readType(in);
      long slot = in.readLong();
      @Nullable Entry oldEntry = readEntry(in);
      @Nullable Entry newEntry = readEntry(in);
      state.happened(type, slot, oldEntry, newEntry);
      eventsHash += EventHistory.hash(firstEvent + i, type, slot, oldEntry, newEntry);
    }
    expect(in.readLong() == state.entriesHash(), "entries have another hash");
    expect(in.readLong() == eventsHash, "events have another hash");
    return state;
  }

  private static long hash(long now, long droppedSlot) {
    return Hashing.mix(now + 1) + Hashing.mix(~droppedSlot);
  }

  private static ChangeType readType(DataInputStream in) throws IOException {
    int type = in.readUnsignedByte();
    expect(type < ChangeType.values().length, "unknown type of an event");
    return ChangeType.of((byte) type);
  }

  private static StoreState readFirst(DataInputStream in, StoreState like) throws IOException {
    long version = in.readLong();
    int count = in.readInt();
    expect(count >= 0, "negative number of entries");
    StoreState state = like.empty(version, 0, version, Long.MAX_VALUE);
    for (int i = 0; i < count; i++) {
      long entryVersion = in.readLong();
      long created = in.readLong();
      long updated = in.readLong();
      int keyLength = in.readUnsignedShort();
      int valueLength = in.readInt();
      byte[] key = exactly(in, keyLength);
      expect(entryVersion >= 0 && valueLength <= MOST_OF_ENTRY, "a negative version, or too large");
      byte[] value = exactly(in, valueLength);
      Entry entry = Entry.of(key, value, entryVersion, created, updated);
      expect(state.load(entry), "a key twice");
    }
    expect(in.readLong() == state.entriesHash(), "entries have another hash");
    return state;
  }

  private static @Nullable Entry readEntry(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length == 0) {
      return null;
    }
    expect(length <= MOST_OF_ENTRY, "an entry of " + length + " bytes");
    @Nullable Entry entry = Entry.ofHashed(exactly(in, length));
    expect(entry != null, "an entry with lengths that do not fit");
    return entry;
  }

  /** Reads in pieces, so that a damaged length allocates no more than the stream holds. */
  private static byte[] exactly(DataInputStream in, int length) throws IOException {
    expect(length >= 0, "negative length");
    byte[] bytes = in.readNBytes(length);
    expect(bytes.length == length, "the snapshot ends early");
    return bytes;
  }

  private static void expect(boolean holds, String damage) throws IOException {
    if (!holds) {
      throw new IOException(damage);
    }
  }
}
