package io.rabia.kvstore.server.redis;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a connection has subscribed to: channels {@code __keyspace@0__:KEY}, where the message is
 * the event, and {@code __keyevent@0__:EVENT}, where it is the key; or patterns of them. Used on
 * the port's event loop.
 */
final class RedisChannels {
  private static final int MAX_CHANNELS = 1024;
  private static final byte[] KEYSPACE = RedisNotifications.bytes("__keyspace@0__:");
  private static final byte[] KEYEVENT = RedisNotifications.bytes("__keyevent@0__:");

  private final Map<ByteBuffer, byte[]> channels = new LinkedHashMap<>();
  private final Map<ByteBuffer, RedisGlob> patterns = new LinkedHashMap<>();
  private long bytes;

  /** Bytes of their names. */
  long bytes() {
    return bytes;
  }

  boolean isEmpty() {
    return channels.isEmpty() && patterns.isEmpty();
  }

  /**
   * Are these channels or patterns that there can be?
   *
   * @throws RedisError when they are not
   */
  void check(RedisCommand command, List<byte[]> names) throws RedisError {
    if (channels.size() + patterns.size() + names.size() > MAX_CHANNELS) {
      throw new RedisError("ERR more than " + MAX_CHANNELS + " channels");
    }
    for (byte[] name : names) {
      if (command == RedisCommand.PSUBSCRIBE) {
        new RedisGlob(name);
      } else if (name.length > KEYSPACE.length + RedisGlob.MAX_LENGTH
          || !beginsWith(name, KEYSPACE) && !beginsWith(name, KEYEVENT)) {
        throw new RedisError(
            "ERR no such channel, served are keyspace notifications: __keyspace@0__:KEY and"
                + " __keyevent@0__:set|del|expired|flushall");
      }
    }
  }

  private static boolean beginsWith(byte[] name, byte[] beginning) {
    return name.length >= beginning.length
        && Arrays.equals(name, 0, beginning.length, beginning, 0, beginning.length);
  }

  /** Subscribes to what {@link #check} let pass, and says so. */
  void add(RedisCommand command, List<byte[]> names, ByteBuf out, int protocol) throws RedisError {
    boolean pattern = command == RedisCommand.PSUBSCRIBE;
    for (byte[] name : names) {
      ByteBuffer key = ByteBuffer.wrap(name);
      Object before = pattern ? patterns.put(key, new RedisGlob(name)) : channels.put(key, name);
      bytes += before == null ? name.length : 0;
      RedisReply.push(out, protocol, 3);
      RedisReply.bulk(out, pattern ? "psubscribe" : "subscribe");
      RedisReply.bulk(out, name);
      RedisReply.integer(out, channels.size() + patterns.size());
    }
  }

  /**
   * Ends subscriptions, and says so.
   *
   * @param names none: all
   */
  void remove(RedisCommand command, List<byte[]> names, ByteBuf out, int protocol) {
    boolean pattern = command == RedisCommand.PUNSUBSCRIBE;
    Map<ByteBuffer, ?> from = pattern ? patterns : channels;
    List<byte[]> which = names;
    if (names.isEmpty()) {
      which = new ArrayList<>();
      for (ByteBuffer name : from.keySet()) {
        which.add(name.array());
      }
    }
    String word = pattern ? "punsubscribe" : "unsubscribe";
    for (byte[] name : which) {
      bytes -= from.remove(ByteBuffer.wrap(name)) == null ? 0 : name.length;
      sayRemoved(word, name, out, protocol);
    }
    if (which.isEmpty()) {
      RedisReply.push(out, protocol, 3);
      RedisReply.bulk(out, word);
      RedisReply.nil(out, protocol);
      RedisReply.integer(out, channels.size() + patterns.size());
    }
  }

  private void sayRemoved(String word, byte[] name, ByteBuf out, int protocol) {
    RedisReply.push(out, protocol, 3);
    RedisReply.bulk(out, word);
    RedisReply.bulk(out, name);
    RedisReply.integer(out, channels.size() + patterns.size());
  }

  /** Tells a change to whoever it is that subscribed to it. */
  void tell(String event, byte[] key, ByteBuf out, int protocol) {
    byte[] name = RedisNotifications.bytes(event);
    tell(joined(KEYSPACE, key), name, out, protocol);
    tell(joined(KEYEVENT, name), key, out, protocol);
  }

  private void tell(byte[] channel, byte[] message, ByteBuf out, int protocol) {
    if (channels.containsKey(ByteBuffer.wrap(channel))) {
      RedisReply.push(out, protocol, 3);
      RedisReply.bulk(out, "message");
      RedisReply.bulk(out, channel);
      RedisReply.bulk(out, message);
    }
    patterns.forEach(
        (pattern, glob) -> {
          if (glob.matches(channel)) {
            RedisReply.push(out, protocol, 4);
            RedisReply.bulk(out, "pmessage");
            RedisReply.bulk(out, pattern.array());
            RedisReply.bulk(out, channel);
            RedisReply.bulk(out, message);
          }
        });
  }

  private static byte[] joined(byte[] first, byte[] second) {
    ByteArrayOutputStream both = new ByteArrayOutputStream(first.length + second.length);
    both.writeBytes(first);
    both.writeBytes(second);
    return both.toByteArray();
  }
}
