package io.rabia.kvstore;

import static io.rabia.kvstore.StoreLimits.failed;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers queries from the state; one thread, the state's. */
final class QueryExecutor {
  /** Bytes after which an answer of several parts ends. */
  static final int PAGE_BYTES = 256 << 10;

  /** Keys or events of an answer at most. */
  private static final int PAGE_ITEMS = 10_000;

  /** Changes that are looked at for one answer. */
  private static final int EXAMINED = 20_000;

  private static final int ITEM_OVERHEAD = 40;
  private static final byte[] NO_KEY = {};

  private final StoreState state;
  private final StoreLimits limits;

  QueryExecutor(StoreState state, StoreLimits limits) {
    this.state = state;
    this.limits = limits;
  }

  KvResult execute(KvQuery query) {
    if (query instanceof KvQuery.Get get) {
      KvResult.@Nullable Failed refusal = limits.refuseKey(get.key());
      return refusal == null ? get(get.key()) : refusal;
    }
    if (query instanceof KvQuery.Exists exists) {
      KvResult.@Nullable Failed refusal = limits.refuseKey(exists.key());
      return refusal == null ? new KvResult.Exists(state.find(exists.key()) != null) : refusal;
    }
    if (query instanceof KvQuery.GetAll getAll) {
      return getAll(getAll.keys());
    }
    if (query instanceof KvQuery.Scan scan) {
      return new Scanner(scan).page();
    }
    if (query instanceof KvQuery.TimeToLive timeToLive) {
      KvResult.@Nullable Failed refusal = limits.refuseKey(timeToLive.key());
      return refusal == null ? timeToLive(timeToLive.key()) : refusal;
    }
    if (query instanceof KvQuery.Count count) {
      KvResult.@Nullable Failed refusal = limits.refuseKeys(count.keys());
      return refusal == null ? count(count.keys()) : refusal;
    }
    if (query instanceof KvQuery.Statistics) {
      return statistics();
    }
    KvQuery.Watch watch = (KvQuery.Watch) query;
    return limits.keepsHistory()
        ? new Watcher(watch).changes()
        : failed(StoreError.NO_HISTORY, "enableNotifications is off");
  }

  private KvResult get(byte[] key) {
    @Nullable Entry entry = state.find(key);
    return entry == null ? new KvResult.Absent() : new KvResult.Found(entry.toKvEntry());
  }

  private KvResult getAll(List<byte[]> keys) {
    KvResult.@Nullable Failed refusal = limits.refuseKeys(keys);
    if (refusal != null) {
      return refusal;
    }
    List<@Nullable KvEntry> entries = new ArrayList<>(keys.size());
    long bytes = 0;
    for (byte[] key : keys) {
      @Nullable Entry entry = state.find(key);
      entries.add(entry == null ? null : entry.toKvEntry());
      bytes += ITEM_OVERHEAD + (entry == null ? 0 : entry.valueLength());
      if (bytes > limits.maxAnswer()) {
        return failed(
            StoreError.ANSWER_TOO_LARGE,
            "the first " + entries.size() + " of " + keys.size() + " keys are as many as fit");
      }
    }
    return new KvResult.Entries(entries, state.version());
  }

  private KvResult timeToLive(byte[] key) {
    @Nullable Entry entry = state.find(key);
    return entry == null ? new KvResult.Absent() : new KvResult.Remaining(left(entry));
  }

  /** What is left to an entry that is not over. */
  long left(Entry entry) {
    long expires = entry.expires();
    return expires == Entry.NEVER ? KvCommand.Put.FOREVER : expires - state.now();
  }

  private KvResult count(List<byte[]> keys) {
    int count = 0;
    for (byte[] key : keys) {
      count += state.find(key) == null ? 0 : 1;
    }
    return new KvResult.Number(count, state.version());
  }

  private KvResult statistics() {
    EventHistory history = state.history();
    return new KvResult.Counted(
        new StoreStatistics(
            state.entries(),
            state.memory(),
            state.version(),
            state.expiringEntries(),
            state.nextExpiry(),
            state.now(),
            (int) (history.last() + 1 - history.first()),
            history.bytes()));
  }

  /** Collects one page. */
  private final class Scanner implements KeyIndex.Visitor {
    private final KvQuery.Scan scan;
    private final int limit;
    private final List<KvPage.Item> items = new ArrayList<>();
    private byte @Nullable [] next;
    private long bytes;

    Scanner(KvQuery.Scan scan) {
      this.scan = scan;
      limit = Math.min(scan.limit(), PAGE_ITEMS);
    }

    KvResult page() {
      state.index().forEach(scan.from(), scan.to(), this);
      return new KvResult.Page(new KvPage(items, next, state.version()));
    }

    @Override
    public boolean more(byte[] key) {
      @Nullable Entry entry = state.find(key);
      if (entry == null) {
        return true; // its time is over
      }
      bytes += ITEM_OVERHEAD + key.length + (scan.keysOnly() ? 0 : entry.valueLength());
      if (items.size() == limit || bytes > PAGE_BYTES && !items.isEmpty()) {
        next = key;
        return false;
      }
      items.add(new KvPage.Item(key, scan.keysOnly() ? null : entry.toKvEntry()));
      return true;
    }
  }

  /** Collects the changes of one answer. */
  private final class Watcher implements EventHistory.Visitor<RuntimeException> {
    private final EventHistory history = state.history();
    private final KvQuery.Watch watch;
    private final int limit;
    private final List<KvEvent> events = new ArrayList<>();
    private long upTo;
    private long bytes;
    private int examined;

    Watcher(KvQuery.Watch watch) {
      this.watch = watch;
      limit = Math.min(watch.limit(), PAGE_ITEMS);
    }

    KvResult changes() {
      long number = watch.after().number();
      long after =
          switch (watch.after().kind()) {
            case NOW -> history.last();
            case VERSION -> number;
            case SLOT -> history.firstSince(number) - 1;
          };
      upTo = Math.max(Math.min(after, history.last()), history.first() - 1);
      long missed = Math.max(0, upTo - after);
      if (watch.after().kind() == EventPosition.Kind.SLOT
          && history.first() > 1
          && number <= history.droppedSlot()) {
        missed = -1;
      }
      history.forEach(upTo + 1, this);
      return new KvResult.Changes(events, upTo, missed);
    }

    @Override
    public boolean more(
        long number,
        ChangeType type,
        long slot,
        @Nullable Entry oldEntry,
        @Nullable Entry newEntry) {
      @Nullable Entry either = newEntry == null ? oldEntry : newEntry;
      boolean wanted =
          either == null
              ? watch.filter().matches(type, NO_KEY, 0, 0)
              : watch.filter().matches(type, either.page(), either.keyAt(), either.keyLength());
      if (wanted) {
        bytes += ITEM_OVERHEAD + size(oldEntry) + size(newEntry);
        if (bytes > PAGE_BYTES && !events.isEmpty()) {
          return false;
        }
        events.add(
            new KvEvent(
                type,
                number,
                slot,
                either == null ? NO_KEY : either.key(),
                oldEntry == null ? null : oldEntry.value(),
                newEntry == null ? null : newEntry.value()));
      }
      upTo = number;
      return events.size() < limit && ++examined < EXAMINED;
    }

    private static long size(@Nullable Entry entry) {
      return entry == null ? 0 : entry.hashedLength();
    }
  }
}
