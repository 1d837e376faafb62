package io.rabia.kvstore.server.redis;

import io.netty.buffer.ByteBuf;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvEntry;
import io.rabia.kvstore.KvResult;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Results of the store as Redis says them. Stateless. */
final class RedisAnswers {
  private static final long NO_KEY = -2;
  private static final long NO_END = -1;

  private RedisAnswers() {}

  static void ok(ByteBuf out, int protocol, KvResult result) {
    RedisReply.simple(out, "OK");
  }

  /** A value, or nothing. */
  static void value(ByteBuf out, int protocol, KvResult result) {
    entry(out, protocol, result instanceof KvResult.Found found ? found.entry() : null);
  }

  private static void entry(ByteBuf out, int protocol, @Nullable KvEntry entry) {
    if (entry == null) {
      RedisReply.nil(out, protocol);
    } else {
      RedisReply.bulk(out, entry.value());
    }
  }

  static void integer(ByteBuf out, int protocol, KvResult result) {
    long number;
    if (result instanceof KvResult.Number n) {
      number = n.value();
    } else if (result instanceof KvResult.Deleted deleted) {
      number = deleted.count();
    } else if (result instanceof KvResult.Transacted transacted) {
      number = transacted.held() ? 1 : 0;
    } else {
      number = ((KvResult.Exists) result).exists() ? 1 : 0;
    }
    RedisReply.integer(out, number);
  }

  /** What the key had before, whether it was written or not. */
  static void old(ByteBuf out, int protocol, KvResult result) {
    entry(
        out,
        protocol,
        result instanceof KvResult.Replaced replaced
            ? replaced.old()
            : ((KvResult.Mismatch) result).current());
  }

  static void okIfWritten(ByteBuf out, int protocol, KvResult result) {
    if (result instanceof KvResult.Mismatch) {
      RedisReply.nil(out, protocol);
    } else {
      RedisReply.simple(out, "OK");
    }
  }

  static void oneIfWritten(ByteBuf out, int protocol, KvResult result) {
    RedisReply.integer(out, result instanceof KvResult.Mismatch ? 0 : 1);
  }

  static void length(ByteBuf out, int protocol, KvResult result) {
    RedisReply.integer(out, result instanceof KvResult.Found found ? found.entry().size() : 0);
  }

  static void type(ByteBuf out, int protocol, KvResult result) {
    RedisReply.simple(out, ((KvResult.Exists) result).exists() ? "string" : "none");
  }

  static void entries(ByteBuf out, int protocol, KvResult result) {
    KvResult.Entries entries = (KvResult.Entries) result;
    RedisReply.array(out, entries.entries().size());
    entries.entries().forEach(entry -> entry(out, protocol, entry));
  }

  static void size(ByteBuf out, int protocol, KvResult result) {
    RedisReply.integer(out, ((KvResult.Counted) result).statistics().entries());
  }

  static void seconds(ByteBuf out, int protocol, KvResult result) {
    long millis = millis(result);
    RedisReply.integer(out, millis < 0 ? millis : (millis + 500) / 1000);
  }

  static void millis(ByteBuf out, int protocol, KvResult result) {
    RedisReply.integer(out, millis(result));
  }

  private static long millis(KvResult result) {
    if (!(result instanceof KvResult.Remaining remaining)) {
      return NO_KEY;
    }
    return remaining.nanos() == KvCommand.Put.FOREVER
        ? NO_END
        : TimeUnit.NANOSECONDS.toMillis(remaining.nanos());
  }
}
