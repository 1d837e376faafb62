package io.rabia.kvstore;

import static io.rabia.kvstore.FormReader.end;
import static io.rabia.kvstore.FormReader.expect;
import static io.rabia.kvstore.FormReader.need;
import static io.rabia.kvstore.FormReader.takeBlock;
import static io.rabia.kvstore.FormReader.takeBoolean;
import static io.rabia.kvstore.FormReader.takeByte;
import static io.rabia.kvstore.FormReader.takeCount;
import static io.rabia.kvstore.FormReader.takeInt;
import static io.rabia.kvstore.FormReader.takeKey;
import static io.rabia.kvstore.FormReader.takeKeys;
import static io.rabia.kvstore.FormReader.takeNatural;

import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Queries and the filters in them as bytes. Stateless and thread-safe. */
final class QueryCodec {
  private static final byte GET = 1;
  private static final byte EXISTS = 2;
  private static final byte GET_ALL = 3;
  private static final byte SCAN = 4;
  private static final byte TIME_TO_LIVE = 5;
  private static final byte STATISTICS = 6;
  private static final byte WATCH = 7;
  private static final byte COUNT = 8;

  private static final byte ALL = 1;
  private static final byte KEY = 2;
  private static final byte KEY_PREFIX = 3;
  private static final byte OF_TYPE = 4;
  private static final byte AND = 5;
  private static final byte OR = 6;

  private static final EventPosition.Kind[] POSITIONS = EventPosition.Kind.values();

  private QueryCodec() {}

  static byte[] encode(KvQuery query) {
    if (query instanceof KvQuery.Get get) {
      return new FormWriter(3 + get.key().length).u8(GET).key(get.key()).toBytes();
    }
    FormWriter out = new FormWriter();
    if (query instanceof KvQuery.Exists exists) {
      out.u8(EXISTS).key(exists.key());
    } else if (query instanceof KvQuery.GetAll getAll) {
      out.u8(GET_ALL).count(getAll.keys(), "keys");
      getAll.keys().forEach(out::key);
    } else if (query instanceof KvQuery.Scan scan) {
      out.u8(SCAN).key(scan.from()).block(scan.to()).i32(scan.limit()).flag(scan.keysOnly());
    } else if (query instanceof KvQuery.TimeToLive timeToLive) {
      out.u8(TIME_TO_LIVE).key(timeToLive.key());
    } else if (query instanceof KvQuery.Statistics) {
      out.u8(STATISTICS);
    } else if (query instanceof KvQuery.Count count) {
      out.u8(COUNT).count(count.keys(), "keys");
      count.keys().forEach(out::key);
    } else {
      KvQuery.Watch watch = (KvQuery.Watch) query;
      out.u8(WATCH).u8(watch.after().kind().ordinal()).i64(watch.after().number());
      encode(watch.filter(), out.i32(watch.limit()), 0);
    }
    return out.toBytes();
  }

  static boolean readsOneKey(byte[] query) {
    return query.length > 0 && (query[0] == GET || query[0] == EXISTS);
  }

  private static void encode(NotificationFilter filter, FormWriter out, int depth) {
    if (depth > NotificationFilter.MAX_DEPTH || size(filter) > NotificationFilter.MAX_FILTERS) {
      throw new StoreException(
          StoreError.MALFORMED,
          "more than "
              + NotificationFilter.MAX_FILTERS
              + " filters, or deeper than "
              + NotificationFilter.MAX_DEPTH,
          null);
    }
    if (filter instanceof NotificationFilter.Key key) {
      out.u8(KEY).key(key.key());
    } else if (filter instanceof NotificationFilter.KeyPrefix prefix) {
      out.u8(KEY_PREFIX).key(prefix.prefix());
    } else if (filter instanceof NotificationFilter.OfType ofType) {
      int bits = 0;
      for (ChangeType type : ofType.types()) {
        bits |= 1 << type.code();
      }
      out.u8(OF_TYPE).u8(bits);
    } else if (filter instanceof NotificationFilter.And and) {
      encode(AND, and.filters(), out, depth);
    } else if (filter instanceof NotificationFilter.Or or) {
      encode(OR, or.filters(), out, depth);
    } else {
      out.u8(ALL);
    }
  }

  private static void encode(
      byte tag, List<NotificationFilter> filters, FormWriter out, int depth) {
    out.u8(tag).count(filters, "filters");
    filters.forEach(filter -> encode(filter, out, depth + 1));
  }

  static KvQuery decode(ByteBuffer source) {
    byte tag = takeByte(source);
    return switch (tag) {
      case GET -> end(source, new KvQuery.Get(takeKey(source)));
      case EXISTS -> end(source, new KvQuery.Exists(takeKey(source)));
      case GET_ALL -> end(source, new KvQuery.GetAll(takeKeys(source)));
      case SCAN ->
          end(
              source,
              new KvQuery.Scan(
                  takeKey(source), takeBlock(source), takeLimit(source), takeBoolean(source)));
      case TIME_TO_LIVE -> end(source, new KvQuery.TimeToLive(takeKey(source)));
      case STATISTICS -> end(source, new KvQuery.Statistics());
      case COUNT -> end(source, new KvQuery.Count(takeKeys(source)));
      case WATCH -> end(source, decodeWatch(source));
      default -> throw new RabiaException.Serialization("query tag " + tag);
    };
  }

  private static int takeLimit(ByteBuffer source) {
    int limit = takeInt(source);
    expect(limit >= 1, "limit below 1");
    return limit;
  }

  private static KvQuery decodeWatch(ByteBuffer source) {
    byte kind = takeByte(source);
    expect(kind >= 0 && kind < POSITIONS.length, "kind of a position");
    EventPosition after = new EventPosition(POSITIONS[kind], takeNatural(source, "position"));
    int limit = takeLimit(source);
    NotificationFilter filter = decodeFilter(source, 0);
    expect(size(filter) <= NotificationFilter.MAX_FILTERS, "number of filters");
    return new KvQuery.Watch(after, filter, limit);
  }

  /** Of how many filters it consists: each may be asked for each change. */
  private static int size(NotificationFilter filter) {
    List<NotificationFilter> parts =
        filter instanceof NotificationFilter.And and
            ? and.filters()
            : filter instanceof NotificationFilter.Or or ? or.filters() : List.of();
    int size = 1;
    for (NotificationFilter part : parts) {
      size += size(part);
    }
    return size;
  }

  private static NotificationFilter decodeFilter(ByteBuffer source, int depth) {
    expect(depth <= NotificationFilter.MAX_DEPTH, "filters within filters");
    byte tag = takeByte(source);
    return switch (tag) {
      case ALL -> NotificationFilter.all();
      case KEY -> new NotificationFilter.Key(takeKey(source));
      case KEY_PREFIX -> new NotificationFilter.KeyPrefix(takeKey(source));
      case OF_TYPE -> new NotificationFilter.OfType(types(takeByte(source)));
      case AND -> new NotificationFilter.And(decodeFilters(source, depth));
      case OR -> new NotificationFilter.Or(decodeFilters(source, depth));
      default -> throw new RabiaException.Serialization("filter tag " + tag);
    };
  }

  private static List<NotificationFilter> decodeFilters(ByteBuffer source, int depth) {
    int count = takeCount(source);
    need(source, count);
    List<NotificationFilter> filters = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      filters.add(decodeFilter(source, depth + 1));
    }
    return filters;
  }

  private static Set<ChangeType> types(byte bits) {
    Set<ChangeType> types = EnumSet.noneOf(ChangeType.class);
    for (ChangeType type : ChangeType.values()) {
      if ((bits & 1 << type.code()) != 0) {
        types.add(type);
      }
    }
    expect(bits >= 0 && bits < 1 << ChangeType.values().length, "types of changes");
    return types;
  }
}
