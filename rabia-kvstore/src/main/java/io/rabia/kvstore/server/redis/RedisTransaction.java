package io.rabia.kvstore.server.redis;

import io.netty.buffer.ByteBuf;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvCondition;
import io.rabia.kvstore.KvEntry;
import io.rabia.kvstore.KvQuery;
import io.rabia.kvstore.KvResult;
import java.util.ArrayList;
import java.util.List;

/**
 * WATCH, MULTI and EXEC of one connection: what is queued becomes one transaction of the store, on
 * the condition that no watched key has another version. Unlike with Redis all of it is done or
 * nothing. Used on the port's event loop.
 */
final class RedisTransaction {
  /** What a word takes beside its bytes. */
  private static final int WORD_OVERHEAD = 64;

  private final int maxBytes;
  private final List<KvCondition> watched = new ArrayList<>();
  private final List<RedisRequest> queued = new ArrayList<>();
  private long bytes;
  private boolean open;
  private boolean failed;

  /**
   * @param maxBytes of what is queued and watched
   */
  RedisTransaction(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  boolean isOpen() {
    return open;
  }

  /** What is queued and watched takes so much memory. */
  long bytes() {
    return bytes;
  }

  void open() throws RedisError {
    if (open) {
      throw new RedisError("ERR MULTI calls can not be nested");
    }
    open = true;
  }

  /** A command was refused: EXEC will be, too. */
  void fail() {
    failed = open;
  }

  void queue(RedisCommand command, RedisRequest request, List<byte[]> words) throws RedisError {
    if (!request.mayBeInTransaction()) {
      throw new RedisError("ERR " + command + " is not served inside MULTI");
    }
    hold(words);
    queued.add(request);
  }

  private void hold(List<byte[]> words) throws RedisError {
    long more = 0;
    for (byte[] word : words) {
      more += word.length + WORD_OVERHEAD;
    }
    if (bytes + more > maxBytes) {
      throw new RedisError("ERR the transaction is larger than " + maxBytes + " bytes");
    }
    bytes += more;
  }

  void discard() throws RedisError {
    if (!open) {
      throw new RedisError("ERR DISCARD without MULTI");
    }
    end();
  }

  private void end() {
    open = false;
    failed = false;
    queued.clear();
    unwatch();
  }

  void unwatch() {
    watched.clear();
    bytes = 0;
  }

  /** Notes the versions of keys. */
  RedisRequest watch(List<byte[]> keys) throws RedisError {
    if (open) {
      throw new RedisError("ERR WATCH inside MULTI is not allowed");
    }
    hold(keys);
    return RedisRequest.read(
        new KvQuery.GetAll(keys),
        (out, protocol, result) -> {
          List<KvEntry> entries = ((KvResult.Entries) result).entries();
          for (int i = 0; i < keys.size(); i++) {
            KvEntry entry = entries.get(i);
            long version = entry == null ? 0 : entry.version();
            watched.add(new KvCondition.HasVersion(keys.get(i), version));
          }
          RedisReply.simple(out, "OK");
        });
  }

  /** All that is queued as one; the transaction is over. */
  RedisRequest execute() throws RedisError {
    if (!open) {
      throw new RedisError("ERR EXEC without MULTI");
    }
    boolean refused = failed;
    List<RedisRequest> requests = List.copyOf(queued);
    List<KvCondition> conditions = List.copyOf(watched);
    end();
    if (refused) {
      throw new RedisError("EXECABORT Transaction discarded because of previous errors.");
    }
    List<KvCommand> commands = new ArrayList<>();
    requests.forEach(request -> commands.addAll(request.inTransaction()));
    return RedisRequest.write(
        new KvCommand.Transaction(conditions, commands, List.of()),
        (out, protocol, result) -> say(out, protocol, (KvResult.Transacted) result, requests));
  }

  private static void say(
      ByteBuf out, int protocol, KvResult.Transacted result, List<RedisRequest> requests) {
    if (!result.held()) {
      RedisReply.nilArray(out, protocol);
      return;
    }
    RedisReply.array(out, requests.size());
    int at = 0;
    for (RedisRequest request : requests) {
      request.answer().write(out, protocol, result.results().get(at));
      at += request.inTransaction().size();
    }
  }
}
