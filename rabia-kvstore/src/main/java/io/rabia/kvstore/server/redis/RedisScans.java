package io.rabia.kvstore.server.redis;

import io.netty.buffer.ByteBuf;
import io.rabia.kvstore.KvPage;
import io.rabia.kvstore.KvQuery;
import io.rabia.kvstore.KvResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * KEYS and SCAN. The cursors of SCAN are numbers that this server remembers the next key for, the
 * last 4096 of them: they mean nothing to another server. Used on the port's event loop.
 */
final class RedisScans {
  private static final int CURSORS = 4096;
  private static final int DEFAULT_COUNT = 10;
  private static final int PAGE = 10_000;
  private static final int MAX_FOUND = 100_000;
  private static final long MAX_FOUND_BYTES = 16 << 20;
  private static final byte[] BEGINNING = {};

  private final Map<Long, byte[]> cursors =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, byte[]> eldest) {
          return size() > CURSORS;
        }
      };
  private long lastCursor;

  /** Keys that match, until they are too many for one answer. */
  private static final class Found {
    private final List<byte[]> keys = new ArrayList<>();
    private long bytes;

    void add(byte[] key) {
      keys.add(key);
      bytes += key.length;
    }

    boolean tooMany() {
      return keys.size() > MAX_FOUND || bytes > MAX_FOUND_BYTES;
    }
  }

  /** All keys that match, over as many answers of the store as that takes. */
  RedisRequest keys(byte[] pattern) throws RedisError {
    RedisGlob glob = new RedisGlob(pattern);
    return page(glob.prefix(), glob, new Found());
  }

  private static RedisRequest page(byte[] from, RedisGlob glob, Found found) {
    return new RedisRequest(
        List.of(),
        new KvQuery.Scan(from, null, PAGE, true),
        (out, protocol, result) -> {
          KvPage page = ((KvResult.Page) result).page();
          boolean beyond = collect(page, glob, found);
          if (found.tooMany()) {
            RedisReply.error(
                out,
                "ERR more than "
                    + MAX_FOUND
                    + " keys match, or "
                    + MAX_FOUND_BYTES
                    + " bytes of them, use SCAN");
            return null;
          }
          byte @Nullable [] next = page.next();
          if (next != null && !beyond) {
            return page(next, glob, found);
          }
          RedisReply.array(out, found.keys.size());
          found.keys.forEach(key -> RedisReply.bulk(out, key));
          return null;
        });
  }

  /** Returns whether the page went beyond everything that can match. */
  private static boolean collect(KvPage page, RedisGlob glob, Found found) {
    byte[] prefix = glob.prefix();
    for (KvPage.Item item : page.items()) {
      if (!startsWith(item.key(), prefix)) {
        return true;
      }
      if (glob.matches(item.key())) {
        found.add(item.key());
      }
    }
    return false;
  }

  private static boolean startsWith(byte[] key, byte[] prefix) {
    return key.length >= prefix.length
        && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
  }

  /** {@code SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]}. */
  RedisRequest scan(List<byte[]> words) throws RedisError {
    byte[] from = from(words.get(1));
    RedisGlob glob = new RedisGlob(new byte[] {'*'});
    int count = DEFAULT_COUNT;
    boolean strings = true;
    for (int i = 2; i < words.size(); i += 2) {
      if (i + 1 == words.size()) {
        throw new RedisError("ERR syntax error");
      }
      byte[] value = words.get(i + 1);
      switch (RedisCommand.upper(words.get(i))) {
        case "MATCH" -> glob = new RedisGlob(value);
        case "COUNT" -> count = (int) Math.max(1, Math.min(PAGE, RedisTranslator.number(value)));
        case "TYPE" -> strings = RedisCommand.upper(value).equals("STRING");
        default -> throw new RedisError("ERR syntax error");
      }
    }
    RedisGlob matching = glob;
    boolean any = strings;
    return RedisRequest.read(
        new KvQuery.Scan(from, null, count, true),
        (out, protocol, result) -> say(out, ((KvResult.Page) result).page(), matching, any));
  }

  private byte[] from(byte[] word) throws RedisError {
    long cursor = RedisTranslator.number(word);
    byte[] from = cursor == 0 ? BEGINNING : cursors.get(cursor);
    if (from == null) {
      throw new RedisError("ERR invalid cursor: it is of another server, or too old");
    }
    return from;
  }

  private void say(ByteBuf out, KvPage page, RedisGlob glob, boolean any) {
    byte @Nullable [] next = page.next();
    long cursor = 0;
    if (next != null) {
      cursor = ++lastCursor;
      cursors.put(cursor, next);
    }
    List<byte[]> keys =
        page.items().stream()
            .map(KvPage.Item::key)
            .filter(key -> any && glob.matches(key))
            .toList();
    RedisReply.array(out, 2);
    RedisReply.bulk(out, String.valueOf(cursor));
    RedisReply.array(out, keys.size());
    keys.forEach(key -> RedisReply.bulk(out, key));
  }
}
