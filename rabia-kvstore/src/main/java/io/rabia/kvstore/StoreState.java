package io.rabia.kvstore;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The replicated state of the store and the changes it can make to itself. Every change has the
 * next version. One thread, except for {@link #entries} and {@link #memory}, which any thread may
 * read.
 */
final class StoreState {
  /** Keys that one command removes at most because their time is over; the others are hidden. */
  static final int EXPIRED_AT_ONCE = 256;

  /** When a key expires. It has a key of its own: an entry would keep its whole page. */
  private record Expiry(long time, byte[] key) implements Comparable<Expiry> {
    static Expiry of(Entry entry) {
      return new Expiry(entry.expires(), entry.key());
    }

    @Override
    public int compareTo(Expiry other) {
      int order = Long.compare(time, other.time);
      return order == 0 ? Arrays.compareUnsigned(key, other.key) : order;
    }
  }

  /** One change, to be undone or to become an event, with entries that never change. */
  private record Change(ChangeType type, @Nullable Entry oldEntry, @Nullable Entry newEntry) {}

  private final KVStoreConfig config;
  private final long seed = new SecureRandom().nextLong();
  private EntryTable table = new EntryTable(seed);
  private KeyIndex index = new KeyIndex();
  private final TreeSet<Expiry> expiring = new TreeSet<>();
  private EventHistory history;
  private long now;
  private long slot;
  private long version;
  private long entriesHash;
  private @Nullable List<Change> uncommitted;

  /** The version at its begin: the change of version V is the one at V - begun - 1. */
  private long begun;

  private volatile int entries;
  private volatile long memory;

  StoreState(KVStoreConfig config) {
    this.config = config;
    history = newHistory(0, 0);
  }

  private EventHistory newHistory(long last, long droppedSlot) {
    return new EventHistory(
        config.enableNotifications() ? config.historyEvents() : 0,
        (long) config.historyMb() << 20,
        last,
        droppedSlot);
  }

  /** An empty state of the same configuration, as it was after that version. */
  StoreState empty(long lastVersion, long logTime, long lastDropped, long droppedSlot) {
    StoreState state = new StoreState(config);
    state.version = lastVersion;
    state.now = logTime;
    state.history = newHistory(lastDropped, droppedSlot);
    return state;
  }

  int entries() {
    return entries;
  }

  long memory() {
    return memory;
  }

  long version() {
    return version;
  }

  /** Log time of the last command. */
  long now() {
    return now;
  }

  long entriesHash() {
    return entriesHash;
  }

  long hash() {
    return entriesHash ^ Hashing.mix(version) ^ history.hash();
  }

  EventHistory history() {
    return history;
  }

  KeyIndex index() {
    return index;
  }

  EntryTable.View view() {
    return table.freeze();
  }

  int expiringEntries() {
    return expiring.size();
  }

  /** When the next entry expires, or {@link Entry#NEVER}. */
  long nextExpiry() {
    return expiring.isEmpty() ? Entry.NEVER : expiring.first().time();
  }

  // ---- changes

  /** A command begins: what is over by now goes, at most so many entries. */
  void advance(long newSlot, long logTime) {
    slot = newSlot;
    now = logTime;
    for (int i = 0; i < EXPIRED_AT_ONCE && !expiring.isEmpty(); i++) {
      Expiry next = expiring.first();
      if (next.time() > now) {
        return;
      }
      remove(Objects.requireNonNull(table.find(next.key())), ChangeType.EXPIRED);
    }
  }

  private boolean isOver(Entry entry) {
    long expires = entry.expires();
    return expires != Entry.NEVER && expires <= now;
  }

  /** The key that lies there is about to be looked for. */
  void prepare(ByteBuffer command, int keyAt, int keyLength) {
    table.prepare(command, keyAt, keyLength);
  }

  /** What it returns is as it is until the next find or change, as with {@link #take}. */
  @Nullable Entry find(byte[] key) {
    @Nullable Entry entry = table.find(key);
    return entry == null || isOver(entry) ? null : entry;
  }

  /** As {@link #find}, before the key is changed: one that is over is removed first. */
  @Nullable Entry take(byte[] key) {
    return take(key, key.length);
  }

  /** Of a key that is the first so many bytes. */
  @Nullable Entry take(byte[] key, int length) {
    @Nullable Entry entry = table.find(key, length);
    if (entry != null && isOver(entry)) {
      remove(entry, ChangeType.EXPIRED);
      return null;
    }
    return entry;
  }

  /**
   * Stores an entry, whose version is that of the state then, in the place of the old one, which
   * may be gone then.
   *
   * @param old what {@link #take} gave
   */
  void put(Pair pair, @Nullable Entry old, long expires) {
    version++;
    @Nullable Entry before = changing(old, Entry.space(pair, expires));
    if (old == null) {
      Entry entry = table.put(pair, version, now, now, expires);
      index.add(entry.key());
      account(enter(entry));
      changed(ChangeType.CREATED, null, entry);
    } else {
      long left = leave(old);
      Entry entry = table.replace(old, pair, version, old.created(), now, expires);
      account(enter(entry) - left);
      changed(ChangeType.UPDATED, before, entry);
    }
  }

  /**
   * @param entry found since the last change
   */
  void remove(Entry entry, ChangeType type) {
    version++;
    @Nullable Entry before = changing(entry, 0);
    byte[] key = entry.key();
    long left = leave(entry);
    table.remove(key);
    index.remove(key);
    account(-left);
    changed(type, before, null);
  }

  /**
   * A change begins.
   *
   * @param space that the new entry will take
   * @return for {@link #changed}: within a transaction the old entry as it stays
   */
  private @Nullable Entry changing(@Nullable Entry old, int space) {
    List<Change> changes = uncommitted;
    if (changes == null) {
      history.begin(old, space);
      return null;
    }
    if (old == null) {
      return null;
    }
    boolean changedBefore = old.version() > begun;
    return changedBefore ? changes.get((int) (old.version() - begun - 1)).newEntry() : old.copy();
  }

  /** Removes everything; not in a transaction. */
  void clear() {
    version++;
    table = new EntryTable(seed);
    index = new KeyIndex();
    expiring.clear();
    entriesHash = 0;
    account(-memory);
    happened(ChangeType.CLEARED, slot, null, null);
  }

  private void changed(ChangeType type, @Nullable Entry before, @Nullable Entry entry) {
    List<Change> changes = uncommitted;
    if (changes == null) {
      history.append(type, slot, entry);
    } else {
      changes.add(new Change(type, before, entry == null ? null : entry.copy()));
    }
  }

  /** An entry comes; returns the bytes that it counts. */
  private long enter(Entry entry) {
    entriesHash += entry.hash();
    if (entry.expires() != Entry.NEVER) {
      expiring.add(Expiry.of(entry));
    }
    return size(entry);
  }

  /** An entry goes; returns the bytes that it counted. */
  private long leave(Entry entry) {
    entriesHash -= entry.hash();
    if (entry.expires() != Entry.NEVER) {
      expiring.remove(Expiry.of(entry));
    }
    return size(entry);
  }

  /** After every change, for other threads. */
  private void account(long growth) {
    if (growth != 0) {
      memory += growth;
    }
    if (entries != table.size()) {
      entries = table.size();
    }
  }

  private static long size(Entry entry) {
    return (long) KvStateMachine.ENTRY_OVERHEAD + entry.keyLength() + entry.valueLength();
  }

  // ---- all or nothing

  /** From here on changes can be undone, and are events only after {@link #commit}. */
  void begin() {
    uncommitted = new ArrayList<>();
    begun = version;
  }

  void commit() {
    List<Change> changes = Objects.requireNonNull(uncommitted);
    uncommitted = null;
    for (Change change : changes) {
      happened(change.type(), slot, change.oldEntry(), change.newEntry());
    }
  }

  void rollBack() {
    List<Change> changes = Objects.requireNonNull(uncommitted);
    uncommitted = null;
    for (int i = changes.size() - 1; i >= 0; i--) {
      undo(changes.get(i));
    }
    version -= changes.size();
  }

  private void undo(Change change) {
    @Nullable Entry before = change.oldEntry();
    @Nullable Entry after = change.newEntry();
    if (before == null) {
      byte[] key = Objects.requireNonNull(after).key();
      table.remove(key);
      index.remove(key);
    } else {
      table.put(before);
      if (after == null) {
        index.add(before.key());
      }
    }
    long left = after == null ? 0 : leave(after);
    account((before == null ? 0 : enter(before)) - left);
  }

  // ---- from a snapshot

  /** Puts an entry of what its hash covers; returns false when its key is there. */
  boolean load(byte[] hashed, int at, int length) {
    @Nullable Entry entry = table.load(hashed, at, length);
    if (entry == null) {
      return false;
    }
    index.add(entry.key());
    account(enter(entry));
    return true;
  }

  /** A change of which the entries are there already, or are none. */
  void happened(ChangeType type, long ofSlot, @Nullable Entry oldEntry, @Nullable Entry newEntry) {
    history.begin(oldEntry, newEntry == null ? 0 : newEntry.space());
    history.append(type, ofSlot, newEntry);
  }

  /** Takes everything of the other, which is not used any more. */
  void become(StoreState other) {
    table = other.table;
    index = other.index;
    expiring.clear();
    expiring.addAll(other.expiring);
    history = other.history;
    now = other.now;
    version = other.version;
    entriesHash = other.entriesHash;
    memory = other.memory;
    entries = other.entries;
  }
}
