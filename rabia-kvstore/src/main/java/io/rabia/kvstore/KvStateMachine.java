package io.rabia.kvstore;

import io.rabia.core.RabiaException;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.core.statemachine.StateView;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The replicated store: bytes under bytes, each with a version and log times. One thread, the
 * engine's, except for {@link #entries} and {@link #memoryBytes}, which any thread may read.
 * Refusals are results ({@link KvResult.Failed}), never exceptions.
 */
public final class KvStateMachine implements StateMachine {

  /** What an entry counts beside its key and its value, in bytes; about what it really takes. */
  public static final int ENTRY_OVERHEAD = 64;

  private static final int SNAPSHOT_MAGIC = 0x524B5653;
  private static final int SNAPSHOT_VERSION = 1;
  private static final int BUFFER = 1 << 16;

  private final KVStoreConfig config;
  private final long maxMemory;
  private final long limitsHash;
  private final long seed = new SecureRandom().nextLong();
  private EntryTable table = new EntryTable(seed);
  private long version;
  private long entriesHash;
  private volatile int entries;
  private volatile long memory;

  public KvStateMachine(KVStoreConfig config) {
    this.config = config;
    maxMemory = (long) config.maxMemoryMb() << 20;
    byte[] limits =
        ByteBuffer.allocate(16)
            .putInt(config.maxEntries())
            .putInt(config.maxMemoryMb())
            .putInt(config.maxKeySize())
            .putInt(config.maxValueSize())
            .array();
    limitsHash = Hashing.hash(limits, 0, limits.length, SNAPSHOT_MAGIC);
  }

  /** How many keys there are. */
  public int entries() {
    return entries;
  }

  /** Bytes of keys, values and {@link #ENTRY_OVERHEAD}. */
  public long memoryBytes() {
    return memory;
  }

  @Override
  public byte[] apply(long slot, long logTime, ByteBuffer command) {
    KvCommand decoded;
    try {
      decoded = KvCodec.decodeCommand(command);
    } catch (RabiaException.Serialization e) {
      return malformed(e);
    }
    return KvCodec.encode(execute(decoded, logTime));
  }

  private static byte[] malformed(RabiaException.Serialization e) {
    return KvCodec.encode(failed(StoreError.MALFORMED, String.valueOf(e.getMessage())));
  }

  private KvResult execute(KvCommand command, long logTime) {
    if (command instanceof KvCommand.Set set) {
      return set(set.key(), set.value(), logTime);
    }
    if (command instanceof KvCommand.Delete delete) {
      return delete(delete);
    }
    if (command instanceof KvCommand.CompareAndSet cas) {
      return compareAndSet(cas, logTime);
    }
    return increment((KvCommand.Increment) command, logTime);
  }

  private KvResult set(byte[] key, byte[] value, long logTime) {
    KvResult.@Nullable Failed refusal = refuseKey(key);
    return refusal != null ? refusal : store(key, value, table.find(key), logTime);
  }

  private KvResult store(byte[] key, byte[] value, byte @Nullable [] old, long logTime) {
    if (value.length > config.maxValueSize()) {
      return failed(
          StoreError.VALUE_TOO_LARGE, value.length + " bytes of at most " + config.maxValueSize());
    }
    long growth =
        old == null
            ? (long) ENTRY_OVERHEAD + key.length + value.length
            : value.length - Entry.valueLength(old);
    if (old == null && table.size() >= config.maxEntries()) {
      return failed(StoreError.STORE_FULL, "holds " + table.size() + " entries, its most");
    }
    if (growth > 0 && memory + growth > maxMemory) {
      return failed(StoreError.STORE_FULL, "holds " + memory + " bytes of at most " + maxMemory);
    }
    version++;
    long created = old == null ? logTime : Entry.created(old);
    byte[] entry = Entry.of(key, value, version, created, logTime);
    table.put(entry);
    entriesHash += Entry.hash(entry) - (old == null ? 0 : Entry.hash(old));
    account(growth);
    return new KvResult.Stored(version);
  }

  private KvResult delete(KvCommand.Delete delete) {
    for (byte[] key : delete.keys()) {
      KvResult.@Nullable Failed refusal = refuseKey(key);
      if (refusal != null) {
        return refusal;
      }
    }
    int count = 0;
    for (byte[] key : delete.keys()) {
      byte @Nullable [] old = table.remove(key);
      if (old != null) {
        count++;
        version++;
        entriesHash -= Entry.hash(old);
        account(-((long) ENTRY_OVERHEAD + key.length + Entry.valueLength(old)));
      }
    }
    return new KvResult.Deleted(count);
  }

  private KvResult compareAndSet(KvCommand.CompareAndSet cas, long logTime) {
    KvResult.@Nullable Failed refusal = refuseKey(cas.key());
    if (refusal != null) {
      return refusal;
    }
    byte @Nullable [] old = table.find(cas.key());
    byte @Nullable [] expected = cas.expected();
    boolean matches =
        old != null && expected != null ? Entry.hasValue(old, expected) : old == expected;
    if (!matches) {
      return new KvResult.Mismatch(old == null ? null : Entry.toKvEntry(old));
    }
    return store(cas.key(), cas.value(), old, logTime);
  }

  private KvResult increment(KvCommand.Increment increment, long logTime) {
    KvResult.@Nullable Failed refusal = refuseKey(increment.key());
    if (refusal != null) {
      return refusal;
    }
    byte @Nullable [] old = table.find(increment.key());
    long before = 0;
    if (old != null) {
      int offset = Entry.valueOffset(old);
      if (!Decimal.isLong(old, offset, old.length - offset)) {
        return failed(StoreError.NOT_A_NUMBER, "the value is not a decimal 64-bit number");
      }
      before = Decimal.parse(old, offset, old.length - offset);
    }
    long after = before + increment.by();
    if (((before ^ after) & (increment.by() ^ after)) < 0) {
      return failed(StoreError.OVERFLOW, before + " + " + increment.by());
    }
    byte[] value = Long.toString(after).getBytes(StandardCharsets.US_ASCII);
    KvResult stored = store(increment.key(), value, old, logTime);
    return stored instanceof KvResult.Stored s ? new KvResult.Number(after, s.version()) : stored;
  }

  private KvResult.@Nullable Failed refuseKey(byte[] key) {
    if (key.length == 0) {
      return failed(StoreError.INVALID_KEY, "empty");
    }
    if (key.length > config.maxKeySize()) {
      return failed(
          StoreError.INVALID_KEY, key.length + " bytes of at most " + config.maxKeySize());
    }
    return null;
  }

  private static KvResult.Failed failed(StoreError error, String message) {
    return new KvResult.Failed(error, message);
  }

  private void account(long growth) {
    if (growth != 0) {
      memory += growth;
    }
    if (entries != table.size()) {
      entries = table.size();
    }
  }

  @Override
  public byte[] query(ByteBuffer query) {
    KvQuery decoded;
    try {
      decoded = KvCodec.decodeQuery(query);
    } catch (RabiaException.Serialization e) {
      return malformed(e);
    }
    KvResult.@Nullable Failed refusal = refuseKey(decoded.key());
    if (refusal != null) {
      return KvCodec.encode(refusal);
    }
    byte @Nullable [] entry = table.find(decoded.key());
    if (decoded instanceof KvQuery.Exists) {
      return KvCodec.encode(new KvResult.Exists(entry != null));
    }
    return KvCodec.encode(
        entry == null ? new KvResult.Absent() : new KvResult.Found(Entry.toKvEntry(entry)));
  }

  /** Hands out every key with what is under it, in the order of the keys' bytes. */
  public <E extends Exception> void forEach(Visitor<E> visitor) throws E {
    List<byte[]> all = new ArrayList<>(table.size());
    table.freeze().forEach(all::add);
    all.sort(Entry::compareKeys);
    for (byte[] entry : all) {
      visitor.visit(Entry.key(entry), Entry.toKvEntry(entry));
    }
  }

  /** Takes keys and what is under them. */
  @FunctionalInterface
  public interface Visitor<E extends Exception> {
    void visit(byte[] key, KvEntry entry) throws E;
  }

  @Override
  public long stateHash() {
    return entriesHash ^ Hashing.mix(version) ^ limitsHash;
  }

  @Override
  public void snapshot(OutputStream target) throws IOException {
    freeze().writeTo(target);
  }

  /** Shares the entries, which never change, and the table until it changes. */
  @Override
  public StateView freeze() {
    long frozenVersion = version;
    long frozenHash = entriesHash;
    EntryTable.View view = table.freeze();
    return target -> write(target, frozenVersion, view, frozenHash);
  }

  private static void write(OutputStream target, long version, EntryTable.View view, long hash)
      throws IOException {
    DataOutputStream out = new DataOutputStream(new BufferedOutputStream(target, BUFFER));
    out.writeInt(SNAPSHOT_MAGIC);
    out.writeInt(SNAPSHOT_VERSION);
    out.writeLong(version);
    out.writeInt(view.size());
    view.forEach(
        entry -> {
          out.writeLong(Entry.version(entry));
          out.writeLong(Entry.created(entry));
          out.writeLong(Entry.updated(entry));
          out.writeShort(Entry.keyLength(entry));
          out.writeInt(Entry.valueLength(entry));
          out.write(entry, Entry.KEY, entry.length - Entry.KEY);
        });
    out.writeLong(hash);
    out.flush();
  }

  /** The state is unchanged when this throws. */
  @Override
  public void restore(InputStream source) throws IOException {
    DataInputStream in = new DataInputStream(new BufferedInputStream(source, BUFFER));
    expect(in.readInt() == SNAPSHOT_MAGIC, "no snapshot of a key-value store");
    expect(in.readInt() == SNAPSHOT_VERSION, "snapshot of an unknown version");
    long newVersion = in.readLong();
    int count = in.readInt();
    expect(count >= 0, "negative number of entries");
    EntryTable newTable = new EntryTable(seed);
    long hash = 0;
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      byte[] entry = readEntry(in);
      expect(newTable.put(entry) == null, "a key twice");
      hash += Entry.hash(entry);
      bytes += ENTRY_OVERHEAD + entry.length - Entry.KEY;
    }
    expect(in.readLong() == hash, "entries do not have the hash of the snapshot");
    table = newTable;
    version = newVersion;
    entriesHash = hash;
    entries = count;
    memory = bytes;
  }

  private static byte[] readEntry(DataInputStream in) throws IOException {
    long version = in.readLong();
    long created = in.readLong();
    long updated = in.readLong();
    int keyLength = in.readUnsignedShort();
    int valueLength = in.readInt();
    expect(valueLength >= 0, "negative length of a value");
    byte[] key = exactly(in, keyLength);
    return Entry.of(key, exactly(in, valueLength), version, created, updated);
  }

  /** Reads in pieces, so that a damaged length allocates no more than the stream holds. */
  private static byte[] exactly(DataInputStream in, int length) throws IOException {
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
