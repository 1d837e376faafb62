package io.rabia.kvstore;

import static io.rabia.kvstore.StoreLimits.failed;

import io.rabia.kvstore.KvCommand.Put;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Executes commands on the state; one thread, the state's. What is refused leaves the state as it
 * was, but for keys that are over.
 */
final class CommandExecutor {
  private static final int SMALL_RESULT = 32;

  private final StoreState state;
  private final StoreLimits limits;
  private final QueryExecutor queries;

  CommandExecutor(StoreState state, StoreLimits limits, QueryExecutor queries) {
    this.state = state;
    this.limits = limits;
    this.queries = queries;
  }

  /** Executes a set; allocates only its encoded result, when it has stored over another value. */
  byte[] set(Pair pair) {
    KvResult.@Nullable Failed refusal = setOrRefuse(pair);
    return refusal == null
        ? ResultCodec.encodeStored(state.version())
        : ResultCodec.encode(refusal);
  }

  KvResult execute(KvCommand command) {
    if (command instanceof KvCommand.Set set) {
      return stored(setOrRefuse(Pair.of(set.key(), set.value())));
    }
    if (command instanceof KvCommand.Delete delete) {
      return delete(delete.keys());
    }
    if (command instanceof KvCommand.CompareAndSet cas) {
      return refusedOr(cas.key(), () -> compareAndSet(cas));
    }
    if (command instanceof KvCommand.Increment increment) {
      return refusedOr(increment.key(), () -> increment(increment));
    }
    if (command instanceof Put put) {
      return refusedOr(put.key(), () -> put(put));
    }
    if (command instanceof KvCommand.Expire expire) {
      return refusedOr(expire.key(), () -> expire(expire));
    }
    if (command instanceof KvCommand.Append append) {
      return refusedOr(append.key(), () -> append(append));
    }
    if (command instanceof KvCommand.Take take) {
      return refusedOr(take.key(), () -> take(take.key()));
    }
    if (command instanceof KvCommand.Clear) {
      int count = state.entries();
      state.clear();
      return new KvResult.Deleted(count);
    }
    if (command instanceof KvCommand.Tick) {
      return new KvResult.Exists(
          state.nextExpiry() != Entry.NEVER && state.nextExpiry() <= state.now());
    }
    if (command instanceof KvCommand.Ask ask) {
      return queries.execute(ask.query());
    }
    return transact((KvCommand.Transaction) command);
  }

  /** What to do with a key that is none too large. */
  private interface Work {
    KvResult result();
  }

  private KvResult refusedOr(byte[] key, Work work) {
    KvResult.@Nullable Failed refusal = limits.refuseKey(key);
    return refusal == null ? work.result() : refusal;
  }

  private KvResult.@Nullable Failed setOrRefuse(Pair pair) {
    KvResult.@Nullable Failed refusal = limits.refuseKey(pair.keyLength());
    return refusal == null
        ? storeOrRefuse(pair, state.take(pair.key(), pair.keyLength()), Entry.NEVER)
        : refusal;
  }

  /** When this is null, the pair is stored with the state's version. */
  private KvResult.@Nullable Failed storeOrRefuse(Pair pair, @Nullable Entry old, long expires) {
    KvResult.@Nullable Failed refusal =
        limits.refuseValue(state, pair.keyLength(), pair.valueLength(), old);
    if (refusal == null) {
      state.put(pair, old, expires);
    }
    return refusal;
  }

  private KvResult stored(KvResult.@Nullable Failed refusal) {
    return refusal == null ? new KvResult.Stored(state.version()) : refusal;
  }

  private KvResult delete(List<byte[]> keys) {
    KvResult.@Nullable Failed refusal = limits.refuseKeys(keys);
    if (refusal != null) {
      return refusal;
    }
    int count = 0;
    for (byte[] key : keys) {
      @Nullable Entry old = state.take(key);
      if (old != null) {
        state.remove(old, ChangeType.DELETED);
        count++;
      }
    }
    return new KvResult.Deleted(count);
  }

  private KvResult compareAndSet(KvCommand.CompareAndSet cas) {
    @Nullable Entry old = state.take(cas.key());
    byte @Nullable [] expected = cas.expected();
    boolean matches =
        old != null && expected != null ? old.hasValue(expected) : old == null && expected == null;
    return matches
        ? stored(storeOrRefuse(Pair.of(cas.key(), cas.value()), old, Entry.NEVER))
        : new KvResult.Mismatch(toKvEntry(old));
  }

  private static @Nullable KvEntry toKvEntry(@Nullable Entry entry) {
    return entry == null ? null : entry.toKvEntry();
  }

  private KvResult increment(KvCommand.Increment increment) {
    @Nullable Entry old = state.take(increment.key());
    long before = 0;
    if (old != null) {
      int offset = old.valueAt();
      int length = old.valueLength();
      if (!Decimal.isLong(old.page(), offset, length)) {
        return failed(StoreError.NOT_A_NUMBER, "the value is not a decimal 64-bit number");
      }
      before = Decimal.parse(old.page(), offset, length);
    }
    long after = before + increment.by();
    if (((before ^ after) & (increment.by() ^ after)) < 0) {
      return failed(StoreError.OVERFLOW, before + " + " + increment.by());
    }
    byte[] value = Long.toString(after).getBytes(StandardCharsets.US_ASCII);
    KvResult.@Nullable Failed refusal =
        storeOrRefuse(Pair.of(increment.key(), value), old, expires(old));
    return refusal == null ? new KvResult.Number(after, state.version()) : refusal;
  }

  private static long expires(@Nullable Entry old) {
    return old == null ? Entry.NEVER : old.expires();
  }

  private long expires(@Nullable Entry old, long timeToLive) {
    if (timeToLive == Put.KEEP) {
      return expires(old);
    }
    if (timeToLive == Put.FOREVER) {
      return Entry.NEVER;
    }
    long expires = state.now() + timeToLive;
    if (expires < state.now()) {
      return Long.MAX_VALUE;
    }
    return expires == Entry.NEVER ? expires + 1 : expires;
  }

  private KvResult put(Put put) {
    @Nullable Entry old = state.take(put.key());
    boolean holds =
        switch (put.when()) {
          case ALWAYS -> true;
          case ABSENT -> old == null;
          case PRESENT -> old != null;
        };
    if (!holds) {
      return new KvResult.Mismatch(toKvEntry(old));
    }
    @Nullable KvEntry before = toKvEntry(old);
    KvResult.@Nullable Failed refusal =
        storeOrRefuse(Pair.of(put.key(), put.value()), old, expires(old, put.timeToLive()));
    return refusal == null ? new KvResult.Replaced(before, state.version()) : refusal;
  }

  private KvResult expire(KvCommand.Expire expire) {
    @Nullable Entry old = state.take(expire.key());
    if (old == null) {
      return new KvResult.Exists(false);
    }
    long expires = expires(old, expire.timeToLive());
    if (expires == Entry.NEVER && old.expires() == Entry.NEVER) {
      return new KvResult.Exists(false);
    }
    state.put(Pair.of(expire.key(), old.value()), old, expires);
    return new KvResult.Exists(true);
  }

  private KvResult append(KvCommand.Append append) {
    @Nullable Entry old = state.take(append.key());
    int before = old == null ? 0 : old.valueLength();
    int added = append.value().length;
    KvResult.@Nullable Failed refusal =
        limits.refuseValue(state, append.key().length, (long) before + added, old);
    if (refusal != null) {
      return refusal;
    }
    byte[] value = old == null ? new byte[added] : Arrays.copyOf(old.value(), before + added);
    System.arraycopy(append.value(), 0, value, before, added);
    state.put(Pair.of(append.key(), value), old, expires(old));
    return new KvResult.Number(value.length, state.version());
  }

  private KvResult take(byte[] key) {
    @Nullable Entry old = state.take(key);
    if (old == null) {
      return new KvResult.Absent();
    }
    KvEntry entry = old.toKvEntry();
    state.remove(old, ChangeType.DELETED);
    return new KvResult.Found(entry);
  }

  private KvResult transact(KvCommand.Transaction transaction) {
    boolean held = true;
    for (KvCondition condition : transaction.conditions()) {
      KvResult.@Nullable Failed refusal = limits.refuseKey(condition.key());
      if (refusal != null) {
        return refusal;
      }
      held &= holds(condition);
    }
    state.begin();
    boolean done = false;
    try {
      KvResult result = executeAll(held, held ? transaction.then() : transaction.otherwise());
      done = !(result instanceof KvResult.Failed);
      return result;
    } finally {
      if (done) {
        state.commit();
      } else {
        state.rollBack();
      }
    }
  }

  private boolean holds(KvCondition condition) {
    @Nullable Entry entry = state.find(condition.key());
    if (condition instanceof KvCondition.HasValue has) {
      return entry != null && entry.hasValue(has.value());
    }
    if (condition instanceof KvCondition.HasVersion has) {
      return has.version() == (entry == null ? 0 : entry.version());
    }
    return entry != null;
  }

  private KvResult executeAll(boolean held, List<KvCommand> commands) {
    List<KvResult> results = new ArrayList<>(commands.size());
    long bytes = 0;
    for (KvCommand command : commands) {
      KvResult result = execute(command);
      if (result instanceof KvResult.Failed failed) {
        return failed(failed.error(), number(results, commands) + failed.message());
      }
      bytes += size(result);
      if (bytes > limits.maxAnswer()) {
        return failed(
            StoreError.ANSWER_TOO_LARGE,
            number(results, commands) + "more than " + limits.maxAnswer() + " bytes of results");
      }
      results.add(result);
    }
    return new KvResult.Transacted(held, results);
  }

  private static String number(List<KvResult> before, List<KvCommand> commands) {
    return "command " + (before.size() + 1) + " of " + commands.size() + ": ";
  }

  private static int size(KvResult result) {
    boolean small =
        result instanceof KvResult.Stored
            || result instanceof KvResult.Deleted
            || result instanceof KvResult.Number;
    return small ? SMALL_RESULT : KvCodec.encode(result).length + Integer.BYTES;
  }
}
