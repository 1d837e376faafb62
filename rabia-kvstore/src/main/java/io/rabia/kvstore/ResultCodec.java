package io.rabia.kvstore;

import static io.rabia.kvstore.FormReader.end;
import static io.rabia.kvstore.FormReader.expect;
import static io.rabia.kvstore.FormReader.need;
import static io.rabia.kvstore.FormReader.takeBlock;
import static io.rabia.kvstore.FormReader.takeBoolean;
import static io.rabia.kvstore.FormReader.takeByte;
import static io.rabia.kvstore.FormReader.takeBytes;
import static io.rabia.kvstore.FormReader.takeCount;
import static io.rabia.kvstore.FormReader.takeEntry;
import static io.rabia.kvstore.FormReader.takeInt;
import static io.rabia.kvstore.FormReader.takeKey;
import static io.rabia.kvstore.FormReader.takeLastEntry;
import static io.rabia.kvstore.FormReader.takeLong;
import static io.rabia.kvstore.FormReader.takeRest;

import io.rabia.core.RabiaException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Results as bytes. Stateless and thread-safe. */
final class ResultCodec {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private static final byte STORED = 1;
  private static final byte DELETED = 2;
  private static final byte MISMATCH = 3;
  private static final byte NUMBER = 4;
  private static final byte FOUND = 5;
  private static final byte ABSENT = 6;
  private static final byte EXISTENCE = 7;
  private static final byte FAILED = 8;
  private static final byte REPLACED = 9;
  private static final byte ENTRIES = 10;
  private static final byte PAGE = 11;
  private static final byte REMAINING = 12;
  private static final byte COUNTED = 13;
  private static final byte TRANSACTED = 14;
  private static final byte CHANGES = 15;

  private ResultCodec() {}

  static byte[] encode(KvResult result) {
    if (result instanceof KvResult.Stored stored) {
      return encodeStored(stored.version());
    }
    if (result instanceof KvResult.Found found) {
      return encodeLast(FOUND, found.entry());
    }
    if (result instanceof KvResult.Absent) {
      return new byte[] {ABSENT};
    }
    if (result instanceof KvResult.Exists exists) {
      return new byte[] {EXISTENCE, (byte) (exists.exists() ? 1 : 0)};
    }
    if (result instanceof KvResult.Mismatch mismatch) {
      KvEntry current = mismatch.current();
      return current == null ? new byte[] {MISMATCH} : encodeLast(MISMATCH, current);
    }
    if (result instanceof KvResult.Deleted deleted) {
      return new FormWriter(5).u8(DELETED).i32(deleted.count()).toBytes();
    }
    if (result instanceof KvResult.Number number) {
      return new FormWriter(17).u8(NUMBER).i64(number.value()).i64(number.version()).toBytes();
    }
    FormWriter out = new FormWriter();
    if (result instanceof KvResult.Replaced replaced) {
      out.u8(REPLACED).i64(replaced.version()).entry(replaced.old());
    } else if (result instanceof KvResult.Entries entries) {
      out.u8(ENTRIES).i64(entries.version()).count(entries.entries(), "entries");
      entries.entries().forEach(out::entry);
    } else if (result instanceof KvResult.Page page) {
      encode(page.page(), out);
    } else if (result instanceof KvResult.Remaining remaining) {
      out.u8(REMAINING).i64(remaining.nanos());
    } else if (result instanceof KvResult.Counted counted) {
      encode(counted.statistics(), out);
    } else if (result instanceof KvResult.Transacted transacted) {
      out.u8(TRANSACTED).flag(transacted.held()).count(transacted.results(), "results");
      transacted.results().forEach(one -> out.block(encode(one)));
    } else if (result instanceof KvResult.Changes changes) {
      encode(changes, out);
    } else {
      KvResult.Failed failed = (KvResult.Failed) result;
      out.u8(FAILED).u8(failed.error().code());
      out.rest(failed.message().getBytes(StandardCharsets.UTF_8));
    }
    return out.toBytes();
  }

  /** {@link KvResult.Stored}, which there is most of, without one. */
  static byte[] encodeStored(long version) {
    byte[] bytes = new byte[9];
    bytes[0] = STORED;
    LONG.set(bytes, 1, version);
    return bytes;
  }

  private static byte[] encodeLast(byte tag, KvEntry entry) {
    return ByteBuffer.allocate(25 + entry.value().length)
        .put(tag)
        .putLong(entry.version())
        .putLong(entry.created())
        .putLong(entry.updated())
        .put(entry.value())
        .array();
  }

  private static void encode(KvPage page, FormWriter out) {
    out.u8(PAGE).i64(page.version()).block(page.next()).count(page.items(), "keys");
    page.items().forEach(item -> out.key(item.key()).entry(item.entry()));
  }

  private static void encode(StoreStatistics statistics, FormWriter out) {
    out.u8(COUNTED)
        .i32(statistics.entries())
        .i64(statistics.memoryBytes())
        .i64(statistics.version())
        .i32(statistics.expiring())
        .i64(statistics.nextExpiry())
        .i64(statistics.logTime())
        .i32(statistics.events())
        .i64(statistics.eventBytes());
  }

  private static void encode(KvResult.Changes changes, FormWriter out) {
    out.u8(CHANGES).i64(changes.upTo()).i64(changes.missed()).count(changes.events(), "events");
    for (KvEvent event : changes.events()) {
      out.u8(event.type().code()).i64(event.version()).i64(event.slot());
      out.key(event.key()).block(event.oldValue()).block(event.newValue());
    }
  }

  static KvResult decode(ByteBuffer source) {
    byte tag = takeByte(source);
    return switch (tag) {
      case STORED -> end(source, new KvResult.Stored(takeLong(source)));
      case DELETED -> end(source, new KvResult.Deleted(takeInt(source)));
      case MISMATCH -> new KvResult.Mismatch(source.hasRemaining() ? takeLastEntry(source) : null);
      case NUMBER -> end(source, new KvResult.Number(takeLong(source), takeLong(source)));
      case FOUND -> new KvResult.Found(takeLastEntry(source));
      case ABSENT -> end(source, new KvResult.Absent());
      case EXISTENCE -> end(source, new KvResult.Exists(takeBoolean(source)));
      case FAILED ->
          new KvResult.Failed(
              StoreError.of(takeByte(source)),
              new String(takeRest(source), StandardCharsets.UTF_8));
      case REPLACED -> {
        long version = takeLong(source);
        yield end(source, new KvResult.Replaced(takeEntry(source), version));
      }
      case ENTRIES -> end(source, decodeEntries(source));
      case PAGE -> end(source, decodePage(source));
      case REMAINING -> end(source, new KvResult.Remaining(takeLong(source)));
      case COUNTED -> end(source, decodeStatistics(source));
      case TRANSACTED -> end(source, decodeTransacted(source));
      case CHANGES -> end(source, decodeChanges(source));
      default -> throw new RabiaException.Serialization("result tag " + tag);
    };
  }

  private static KvResult decodeEntries(ByteBuffer source) {
    long version = takeLong(source);
    int count = takeCount(source);
    need(source, Long.BYTES * count);
    List<@Nullable KvEntry> entries = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      entries.add(takeEntry(source));
    }
    return new KvResult.Entries(entries, version);
  }

  private static KvResult decodePage(ByteBuffer source) {
    long version = takeLong(source);
    byte @Nullable [] next = takeBlock(source);
    int count = takeCount(source);
    need(source, (Short.BYTES + Long.BYTES) * count);
    List<KvPage.Item> items = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      items.add(new KvPage.Item(takeKey(source), takeEntry(source)));
    }
    return new KvResult.Page(new KvPage(items, next, version));
  }

  private static KvResult decodeStatistics(ByteBuffer source) {
    return new KvResult.Counted(
        new StoreStatistics(
            takeInt(source),
            takeLong(source),
            takeLong(source),
            takeInt(source),
            takeLong(source),
            takeLong(source),
            takeInt(source),
            takeLong(source)));
  }

  private static KvResult decodeTransacted(ByteBuffer source) {
    boolean held = takeBoolean(source);
    int count = takeCount(source);
    need(source, (Integer.BYTES + 1) * count);
    List<KvResult> results = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      byte[] one = takeBytes(source);
      expect(one.length > 0 && one[0] != TRANSACTED, "a result that no transaction has");
      results.add(decode(ByteBuffer.wrap(one)));
    }
    return new KvResult.Transacted(held, results);
  }

  private static KvResult decodeChanges(ByteBuffer source) {
    long upTo = takeLong(source);
    long missed = takeLong(source);
    int count = takeCount(source);
    need(source, 27 * count);
    List<KvEvent> events = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      ChangeType type = ChangeType.of(takeByte(source));
      long version = takeLong(source);
      long slot = takeLong(source);
      byte[] key = takeKey(source);
      events.add(new KvEvent(type, version, slot, key, takeBlock(source), takeBlock(source)));
    }
    return new KvResult.Changes(events, upTo, missed);
  }
}
