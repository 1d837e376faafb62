package io.rabia.kvstore;

import static io.rabia.kvstore.FormReader.end;
import static io.rabia.kvstore.FormReader.expect;
import static io.rabia.kvstore.FormReader.need;
import static io.rabia.kvstore.FormReader.takeBlock;
import static io.rabia.kvstore.FormReader.takeByte;
import static io.rabia.kvstore.FormReader.takeBytes;
import static io.rabia.kvstore.FormReader.takeCount;
import static io.rabia.kvstore.FormReader.takeKey;
import static io.rabia.kvstore.FormReader.takeKeys;
import static io.rabia.kvstore.FormReader.takeLong;
import static io.rabia.kvstore.FormReader.takeNatural;
import static io.rabia.kvstore.FormReader.takeRest;

import io.rabia.core.RabiaException;
import io.rabia.kvstore.KvCommand.Put;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Commands as bytes. Stateless and thread-safe. */
final class CommandCodec {
  private static final byte SET = 1;
  private static final byte DELETE = 2;
  private static final byte COMPARE_AND_SET = 3;
  private static final byte INCREMENT = 4;
  private static final byte PUT = 5;
  private static final byte EXPIRE = 6;
  private static final byte APPEND = 7;
  private static final byte TAKE = 8;
  private static final byte CLEAR = 9;
  private static final byte TICK = 10;
  private static final byte ASK = 11;
  private static final byte TRANSACTION = 12;

  /** Behind the tag and the length of the key. */
  static final int KEY_AT = 1 + Short.BYTES;

  private static final byte HAS_VALUE = 1;
  private static final byte HAS_VERSION = 2;
  private static final byte EXISTS = 3;

  private static final Put.When[] WHEN = Put.When.values();

  private CommandCodec() {}

  static byte[] encode(KvCommand command) {
    if (command instanceof KvCommand.Set set) {
      return encodeSet(set.key(), set.value());
    }
    FormWriter out = new FormWriter();
    if (command instanceof KvCommand.Delete delete) {
      out.u8(DELETE).count(delete.keys(), "keys");
      delete.keys().forEach(out::key);
    } else if (command instanceof KvCommand.CompareAndSet cas) {
      out.u8(COMPARE_AND_SET).key(cas.key()).block(cas.expected()).rest(cas.value());
    } else if (command instanceof KvCommand.Increment increment) {
      out.u8(INCREMENT).key(increment.key()).i64(increment.by());
    } else if (command instanceof Put put) {
      out.u8(PUT).key(put.key()).u8(put.when().ordinal()).i64(put.timeToLive()).rest(put.value());
    } else if (command instanceof KvCommand.Expire expire) {
      out.u8(EXPIRE).key(expire.key()).i64(expire.timeToLive());
    } else if (command instanceof KvCommand.Append append) {
      out.u8(APPEND).key(append.key()).rest(append.value());
    } else if (command instanceof KvCommand.Take take) {
      out.u8(TAKE).key(take.key());
    } else if (command instanceof KvCommand.Clear) {
      out.u8(CLEAR);
    } else if (command instanceof KvCommand.Tick) {
      out.u8(TICK);
    } else if (command instanceof KvCommand.Ask ask) {
      if (ask.query() instanceof KvQuery.Watch) {
        throw new StoreException(StoreError.MALFORMED, "changes are not asked by a command", null);
      }
      out.u8(ASK).rest(QueryCodec.encode(ask.query()));
    } else {
      encode((KvCommand.Transaction) command, out);
    }
    return out.toBytes();
  }

  /** The command that there is most of, without a copy more. */
  private static byte[] encodeSet(byte[] key, byte[] value) {
    if (key.length > 0xFFFF) {
      throw new StoreException(StoreError.INVALID_KEY, "key of " + key.length + " bytes", null);
    }
    return ByteBuffer.allocate(Math.addExact(KEY_AT + key.length, value.length))
        .put(SET)
        .putShort((short) key.length)
        .put(key)
        .put(value)
        .array();
  }

  private static void encode(KvCommand.Transaction transaction, FormWriter out) {
    out.u8(TRANSACTION).count(transaction.conditions(), "conditions");
    for (KvCondition condition : transaction.conditions()) {
      if (condition instanceof KvCondition.HasValue has) {
        out.u8(HAS_VALUE).key(has.key()).block(has.value());
      } else if (condition instanceof KvCondition.HasVersion has) {
        out.u8(HAS_VERSION).key(has.key()).i64(has.version());
      } else {
        out.u8(EXISTS).key(condition.key());
      }
    }
    encode(transaction.then(), out);
    encode(transaction.otherwise(), out);
  }

  private static void encode(List<KvCommand> commands, FormWriter out) {
    out.count(commands, "commands");
    for (KvCommand command : commands) {
      byte[] bytes = encode(command);
      if (!mayBeInTransaction(bytes[0])) {
        throw new StoreException(
            StoreError.MALFORMED,
            command.getClass().getSimpleName() + " within a transaction",
            null);
      }
      out.block(bytes);
    }
  }

  private static boolean mayBeInTransaction(byte tag) {
    return tag != TRANSACTION && tag != CLEAR && tag != TICK;
  }

  /** Length of the key of a command that has one key, which is at {@link #KEY_AT}; or -1. */
  static int keyLength(ByteBuffer command) {
    int at = command.position();
    int room = command.remaining() - KEY_AT;
    if (room < 0 || !hasOneKey(command.get(at))) {
      return -1;
    }
    int length = command.getShort(at + 1) & 0xFFFF;
    return length <= room ? length : -1;
  }

  private static boolean hasOneKey(byte tag) {
    return tag == SET || tag >= COMPARE_AND_SET && tag <= TAKE;
  }

  /**
   * As {@link #decode(ByteBuffer)}, but of the command that there is most of nothing is allocated.
   *
   * @param pair gets the key and the value of a set, if it has the room
   * @return null when it did
   */
  static @Nullable KvCommand decode(ByteBuffer source, Pair pair) {
    int length = source.remaining() - KEY_AT;
    if (length < 0 || source.get(source.position()) != SET || !pair.hasRoom(length)) {
      return decode(source);
    }
    takeByte(source);
    pair.take(source);
    return null;
  }

  static KvCommand decode(ByteBuffer source) {
    byte tag = takeByte(source);
    return switch (tag) {
      case SET -> new KvCommand.Set(takeKey(source), takeRest(source));
      case DELETE -> end(source, new KvCommand.Delete(takeKeys(source)));
      case COMPARE_AND_SET ->
          new KvCommand.CompareAndSet(takeKey(source), takeBlock(source), takeRest(source));
      case INCREMENT -> end(source, new KvCommand.Increment(takeKey(source), takeLong(source)));
      case PUT -> decodePut(source);
      case EXPIRE ->
          end(source, new KvCommand.Expire(takeKey(source), takeNatural(source, "time to live")));
      case APPEND -> new KvCommand.Append(takeKey(source), takeRest(source));
      case TAKE -> end(source, new KvCommand.Take(takeKey(source)));
      case CLEAR -> end(source, new KvCommand.Clear());
      case TICK -> end(source, new KvCommand.Tick());
      case ASK -> decodeAsk(source);
      case TRANSACTION -> end(source, decodeTransaction(source));
      default -> throw new RabiaException.Serialization("command tag " + tag);
    };
  }

  private static KvCommand decodeAsk(ByteBuffer source) {
    KvQuery query = QueryCodec.decode(source);
    expect(!(query instanceof KvQuery.Watch), "changes are not asked by a command");
    return new KvCommand.Ask(query);
  }

  private static KvCommand decodePut(ByteBuffer source) {
    byte[] key = takeKey(source);
    byte when = takeByte(source);
    expect(when >= 0 && when < WHEN.length, "condition of a put");
    long timeToLive = takeLong(source);
    expect(timeToLive >= Put.KEEP, "time to live");
    return new Put(key, takeRest(source), WHEN[when], timeToLive);
  }

  private static KvCommand decodeTransaction(ByteBuffer source) {
    int count = takeCount(source);
    need(source, 3 * count);
    List<KvCondition> conditions = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      conditions.add(decodeCondition(source));
    }
    return new KvCommand.Transaction(conditions, decodeList(source), decodeList(source));
  }

  private static KvCondition decodeCondition(ByteBuffer source) {
    byte kind = takeByte(source);
    byte[] key = takeKey(source);
    return switch (kind) {
      case HAS_VALUE -> new KvCondition.HasValue(key, takeBytes(source));
      case HAS_VERSION -> new KvCondition.HasVersion(key, takeNatural(source, "version"));
      case EXISTS -> new KvCondition.Exists(key);
      default -> throw new RabiaException.Serialization("condition " + kind);
    };
  }

  private static List<KvCommand> decodeList(ByteBuffer source) {
    int count = takeCount(source);
    need(source, (Integer.BYTES + 1) * count);
    List<KvCommand> commands = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int length = need(source, Integer.BYTES).getInt();
      expect(length >= 1 && length <= source.remaining(), "length of a command");
      ByteBuffer one = source.slice(source.position(), length);
      expect(mayBeInTransaction(one.get(0)), "a command that no transaction may hold");
      commands.add(decode(one));
      source.position(source.position() + length);
    }
    return commands;
  }
}
