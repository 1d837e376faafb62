package io.rabia.kvstore;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
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

  private static final Comparator<byte[]> BY_EXPIRY =
      Comparator.<byte[]>comparingLong(Entry::expires).thenComparing(Entry::compareKeys);

  /** One change, to be undone or to become an event. */
  private record Change(ChangeType type, byte @Nullable [] oldEntry, byte @Nullable [] newEntry) {}

  private final KVStoreConfig config;
  private final long seed = new SecureRandom().nextLong();
  private EntryTable table = new EntryTable(seed);
  private KeyIndex index = new KeyIndex();
  private final TreeSet<byte[]> expiring = new TreeSet<>(BY_EXPIRY);
  private EventHistory history;
  private long now;
  private long slot;
  private long version;
  private long entriesHash;
  private @Nullable List<Change> uncommitted;
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
    return expiring.isEmpty() ? Entry.NEVER : Entry.expires(expiring.first());
  }

  // ---- changes

  /** A command begins: what is over by now goes, at most so many entries. */
  void advance(long newSlot, long logTime) {
    slot = newSlot;
    now = logTime;
    for (int i = 0; i < EXPIRED_AT_ONCE && !expiring.isEmpty(); i++) {
      byte[] next = expiring.first();
      if (!isOver(next)) {
        return;
      }
      remove(next, ChangeType.EXPIRED);
    }
  }

  private boolean isOver(byte[] entry) {
    long expires = Entry.expires(entry);
    return expires != Entry.NEVER && expires <= now;
  }

  byte @Nullable [] find(byte[] key) {
    byte @Nullable [] entry = table.find(key);
    return entry == null || isOver(entry) ? null : entry;
  }

  /** As {@link #find}, before the key is changed: one that is over is removed first. */
  byte @Nullable [] take(byte[] key) {
    byte @Nullable [] entry = table.find(key);
    if (entry != null && isOver(entry)) {
      remove(entry, ChangeType.EXPIRED);
      return null;
    }
    return entry;
  }

  /**
   * Stores an entry in the place of the old one and returns its version. The key is kept.
   *
   * @param old what {@link #take} gave
   */
  long put(byte[] key, byte[] value, byte @Nullable [] old, long expires) {
    version++;
    long created = old == null ? now : Entry.created(old);
    byte[] entry = Entry.of(key, value, version, created, now, expires);
    table.put(entry);
    if (old == null) {
      index.add(key);
    }
    changed(old == null ? ChangeType.CREATED : ChangeType.UPDATED, old, entry);
    return version;
  }

  void remove(byte[] entry, ChangeType type) {
    version++;
    byte[] key = Entry.key(entry);
    table.remove(key);
    index.remove(key);
    changed(type, entry, null);
  }

  /** Removes everything; not in a transaction. */
  void clear() {
    version++;
    table = new EntryTable(seed);
    index = new KeyIndex();
    expiring.clear();
    entriesHash = 0;
    account(-memory);
    history.append(ChangeType.CLEARED, slot, null, null);
  }

  private void changed(ChangeType type, byte @Nullable [] oldEntry, byte @Nullable [] newEntry) {
    replace(oldEntry, newEntry);
    List<Change> changes = uncommitted;
    if (changes == null) {
      history.append(type, slot, oldEntry, newEntry);
    } else {
      changes.add(new Change(type, oldEntry, newEntry));
    }
  }

  private void replace(byte @Nullable [] from, byte @Nullable [] to) {
    long growth = 0;
    if (from != null) {
      entriesHash -= Entry.hash(from);
      growth -= size(from);
      if (Entry.expires(from) != Entry.NEVER) {
        expiring.remove(from);
      }
    }
    if (to != null) {
      entriesHash += Entry.hash(to);
      growth += size(to);
      if (Entry.expires(to) != Entry.NEVER) {
        expiring.add(to);
      }
    }
    account(growth);
  }

  private static long size(byte[] entry) {
    return (long) KvStateMachine.ENTRY_OVERHEAD + Entry.keyLength(entry) + Entry.valueLength(entry);
  }

  private void account(long growth) {
    if (growth != 0) {
      memory += growth;
    }
    if (entries != table.size()) {
      entries = table.size();
    }
  }

  // ---- all or nothing

  /** From here on changes can be undone, and are events only after {@link #commit}. */
  void begin() {
    uncommitted = new ArrayList<>();
  }

  void commit() {
    for (Change change : Objects.requireNonNull(uncommitted)) {
      history.append(change.type(), slot, change.oldEntry(), change.newEntry());
    }
    uncommitted = null;
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
    byte @Nullable [] before = change.oldEntry();
    byte @Nullable [] after = change.newEntry();
    if (before == null) {
      byte[] key = Entry.key(Objects.requireNonNull(after));
      table.remove(key);
      index.remove(key);
    } else {
      table.put(before);
      if (after == null) {
        index.add(Entry.key(before));
      }
    }
    replace(after, before);
  }

  // ---- from a snapshot

  /** Puts an entry as it is; returns false when its key is there. */
  boolean load(byte[] entry) {
    if (table.put(entry) != null) {
      return false;
    }
    index.add(Entry.key(entry));
    replace(null, entry);
    return true;
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
