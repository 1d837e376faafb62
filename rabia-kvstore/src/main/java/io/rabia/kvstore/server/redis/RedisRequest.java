package io.rabia.kvstore.server.redis;

import io.netty.buffer.ByteBuf;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvQuery;
import io.rabia.kvstore.KvResult;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a Redis command asks of the store, and how the answer is said.
 *
 * @param commands one, or several that are executed at once and of which the first one's result is
 *     answered; none when there is a query
 * @param answer not asked when the store refuses
 */
record RedisRequest(List<KvCommand> commands, @Nullable KvQuery query, Answer answer) {

  /** Says a result. */
  interface Answer {
    /** Returns what is to be asked next before there is an answer, or null when this was it. */
    @Nullable RedisRequest write(ByteBuf out, int protocol, KvResult result);
  }

  /** Says a result at once. */
  interface Saying {
    void write(ByteBuf out, int protocol, KvResult result);
  }

  static RedisRequest write(KvCommand command, Saying saying) {
    return write(List.of(command), saying);
  }

  static RedisRequest write(List<KvCommand> commands, Saying saying) {
    return new RedisRequest(commands, null, atOnce(saying));
  }

  static RedisRequest read(KvQuery query, Saying saying) {
    return new RedisRequest(List.of(), query, atOnce(saying));
  }

  private static Answer atOnce(Saying saying) {
    return (out, protocol, result) -> {
      saying.write(out, protocol, result);
      return null;
    };
  }

  /** The one command that does it all. */
  KvCommand command() {
    List<KvCommand> all = inTransaction();
    return all.size() == 1 ? all.get(0) : new KvCommand.Transaction(List.of(), all, List.of());
  }

  /** The commands that do it within a transaction. */
  List<KvCommand> inTransaction() {
    return query == null ? commands : List.of(new KvCommand.Ask(query));
  }

  /** May it be one of several in a transaction? */
  boolean mayBeInTransaction() {
    return query instanceof KvQuery.Scan
        ? false
        : commands.stream()
            .noneMatch(c -> c instanceof KvCommand.Transaction || c instanceof KvCommand.Clear);
  }
}
