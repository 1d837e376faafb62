package io.rabia.kvstore.server.redis;

import io.netty.buffer.ByteBuf;
import io.rabia.core.Command;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import io.rabia.kvstore.KvCodec;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvQuery;
import io.rabia.kvstore.KvResult;
import io.rabia.kvstore.StoreError;
import io.rabia.kvstore.StoreException;
import io.rabia.kvstore.server.Completions;
import io.rabia.kvstore.server.Port;
import io.rabia.kvstore.server.PortConnection;
import io.rabia.kvstore.server.PortStatistics;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection of the Redis port. Its commands are executed one after the other, whatever is
 * pipelined waits its turn. They carry no number: a client that sends a write again may have it
 * executed twice, as with Redis.
 */
public final class RedisConnection extends PortConnection implements Completions.Receiver {
  private static final int MAX_NAME = 1024;

  private final int id;
  private final String version;
  private final int nodeId;
  private final Submitter submitter;
  private final Duration timeout;
  private final Completions completions;
  private final int maxArgument;
  private final RedisParser parser;
  private int protocol = 2;
  private byte[] name = new byte[0];
  private boolean busy;
  private @Nullable Start waiting;

  /**
   * A request to the engine.
   *
   * @param held bytes of itself
   * @param bytes that it and its answer may need
   */
  private record Start(int held, long bytes, Supplier<CompletableFuture<byte[]>> begin) {}

  /**
   * @param id of the connection, for CLIENT ID
   * @param timeout of a command
   * @param maxArgument bytes of a key or value
   */
  public RedisConnection(
      Port port,
      int id,
      String version,
      int nodeId,
      Submitter submitter,
      Duration timeout,
      int maxArgument,
      Completions completions) {
    super(port);
    this.id = id;
    this.version = version;
    this.nodeId = nodeId;
    this.submitter = submitter;
    this.timeout = timeout;
    this.completions = completions;
    this.maxArgument = maxArgument;
    parser = new RedisParser(maxArgument, port.limits().maxFrame());
  }

  @Override
  protected boolean busy() {
    return busy;
  }

  @Override
  protected boolean answersOwed() {
    return busy;
  }

  @Override
  protected void writeRefusal(ByteBuf target, RabiaException reason) {
    RedisReply.error(target, "ERR " + reason.getMessage());
  }

  @Override
  protected void consume(ByteBuf bytes) {
    while (!busy && !ending()) {
      List<byte[]> arguments = parser.parse(bytes);
      if (arguments == null) {
        return;
      }
      if (!arguments.isEmpty()) {
        execute(arguments);
      }
    }
  }

  private void execute(List<byte[]> arguments) {
    RedisCommand command = RedisCommand.of(arguments.get(0));
    if (command == null) {
      refuseUnknown(arguments.get(0));
    } else if (!command.accepts(arguments)) {
      RedisReply.error(
          out(), "ERR wrong number of arguments for '" + lower(arguments.get(0)) + "' command");
    } else {
      try {
        execute(command, arguments);
      } catch (StoreException e) {
        replyWith(e); // a key that no command has room for
      }
    }
  }

  private void refuseUnknown(byte[] name) {
    String upper = RedisCommand.upper(name);
    if (upper.equals("POST") || upper.equals("HOST:")) {
      throw new RabiaException.Serialization("Protocol error: HTTP on the Redis port");
    }
    String shown = lower(name);
    RedisReply.error(
        out(),
        "ERR unknown command '"
            + shown.substring(0, Math.min(shown.length(), 64))
            + "', served are "
            + RedisCommand.SERVED);
  }

  private static String lower(byte[] word) {
    return RedisCommand.upper(word).toLowerCase(Locale.ROOT);
  }

  private void execute(RedisCommand command, List<byte[]> arguments) {
    switch (command) {
      case PING -> ping(arguments);
      case HELLO -> hello(arguments);
      case CLIENT -> client(arguments);
      case COMMAND -> describeCommands(arguments);
      case INFO -> RedisReply.bulk(out(), info());
      case SELECT -> select(arguments.get(1));
      case QUIT -> {
        RedisReply.simple(out(), "OK");
        closeAfterFlush();
      }
      case GET -> read(new KvQuery.Get(arguments.get(1)));
      case SET -> {
        if (arguments.size() == 3) {
          submit(new KvCommand.Set(arguments.get(1), arguments.get(2)));
        } else {
          RedisReply.error(out(), "ERR syntax error, served is SET key value without options");
        }
      }
      case DEL -> submit(new KvCommand.Delete(arguments.subList(1, arguments.size())));
      case INCR -> submit(new KvCommand.Increment(arguments.get(1), 1));
    }
  }

  private void ping(List<byte[]> arguments) {
    if (arguments.size() == 1) {
      RedisReply.simple(out(), "PONG");
    } else {
      RedisReply.bulk(out(), arguments.get(1));
    }
  }

  private void hello(List<byte[]> arguments) {
    int wanted = protocol;
    if (arguments.size() > 1) {
      String text = RedisCommand.upper(arguments.get(1));
      if (!text.equals("2") && !text.equals("3")) {
        RedisReply.error(out(), "NOPROTO unsupported protocol version");
        return;
      }
      wanted = text.charAt(0) - '0';
    }
    for (int i = 2; i < arguments.size(); i += 2) {
      if (!RedisCommand.upper(arguments.get(i)).equals("SETNAME") || i + 1 == arguments.size()) {
        RedisReply.error(out(), "ERR syntax error in HELLO, served is HELLO [2|3 [SETNAME name]]");
        return;
      }
      if (!rename(arguments.get(i + 1))) {
        return;
      }
    }
    protocol = wanted;
    ByteBuf out = out();
    RedisReply.map(out, protocol, 7);
    RedisReply.bulk(out, "server");
    RedisReply.bulk(out, "rabia-kv");
    RedisReply.bulk(out, "version");
    RedisReply.bulk(out, version);
    RedisReply.bulk(out, "proto");
    RedisReply.integer(out, protocol);
    RedisReply.bulk(out, "id");
    RedisReply.integer(out, id);
    RedisReply.bulk(out, "mode");
    RedisReply.bulk(out, "standalone");
    RedisReply.bulk(out, "role");
    RedisReply.bulk(out, "master");
    RedisReply.bulk(out, "modules");
    RedisReply.array(out, 0);
  }

  private void client(List<byte[]> arguments) {
    switch (RedisCommand.upper(arguments.get(1))) {
      case "ID" -> RedisReply.integer(out(), id);
      case "GETNAME" -> RedisReply.bulk(out(), name);
      case "SETNAME" -> {
        if (arguments.size() != 3) {
          RedisReply.error(out(), "ERR wrong number of arguments for 'client|setname' command");
        } else if (rename(arguments.get(2))) {
          RedisReply.simple(out(), "OK");
        }
      }
      case "SETINFO" -> RedisReply.simple(out(), "OK");
      default ->
          RedisReply.error(
              out(), "ERR unknown subcommand, served are CLIENT ID|GETNAME|SETNAME|SETINFO");
    }
  }

  /** Answers an error and returns false for what is no name, or one that holds too much memory. */
  private boolean rename(byte[] wanted) {
    boolean good = wanted.length <= MAX_NAME;
    for (int i = 0; good && i < wanted.length; i++) {
      good = wanted[i] > ' ' && wanted[i] <= '~';
    }
    if (good) {
      name = wanted;
    } else {
      RedisReply.error(
          out(),
          "ERR Client names cannot contain spaces, newlines or special characters, nor be longer than "
              + MAX_NAME);
    }
    return good;
  }

  private void describeCommands(List<byte[]> arguments) {
    String what = arguments.size() == 1 ? "" : RedisCommand.upper(arguments.get(1));
    switch (what) {
      case "" -> {
        RedisReply.array(out(), RedisCommand.values().length);
        for (RedisCommand command : RedisCommand.values()) {
          describe(command);
        }
      }
      case "COUNT" -> RedisReply.integer(out(), RedisCommand.values().length);
      case "DOCS" -> RedisReply.map(out(), protocol, 0);
      default -> RedisReply.error(out(), "ERR unknown subcommand, served are COMMAND [COUNT|DOCS]");
    }
  }

  private void describe(RedisCommand command) {
    ByteBuf out = out();
    RedisReply.array(out, 6);
    RedisReply.bulk(out, command.name().toLowerCase(Locale.ROOT));
    RedisReply.integer(out, command.arity());
    RedisReply.array(out, 1);
    RedisReply.simple(out, command.write() ? "write" : "readonly");
    RedisReply.integer(out, command.lastKey() == 0 ? 0 : 1);
    RedisReply.integer(out, command.lastKey());
    RedisReply.integer(out, command.lastKey() == 0 ? 0 : 1);
  }

  private String info() {
    return "# Server\r\nrabia_version:"
        + version
        + "\r\nnode_id:"
        + nodeId
        + "\r\nredis_mode:standalone\r\n\r\n# Clients\r\nrejected_connections:"
        + port().statistics().get(PortStatistics.Event.REFUSED)
        + "\r\n\r\n# Stats\r\ntotal_connections_received:"
        + port().statistics().get(PortStatistics.Event.ACCEPTED)
        + "\r\ntotal_requests:"
        + port().statistics().get(PortStatistics.Event.REQUESTS)
        + "\r\n";
  }

  private void select(byte[] database) {
    if (RedisCommand.upper(database).equals("0")) {
      RedisReply.simple(out(), "OK");
    } else {
      RedisReply.error(out(), "ERR DB index is out of range, served is 0");
    }
  }

  private void submit(KvCommand command) {
    byte[] bytes = KvCodec.encode(command);
    start(
        new Start(bytes.length, bytes.length, () -> submitter.submit(Command.of(bytes), timeout)));
  }

  private void read(KvQuery query) {
    byte[] bytes = KvCodec.encode(query);
    start(
        new Start(
            bytes.length,
            bytes.length + maxArgument,
            () -> submitter.read(bytes, ReadConsistency.LINEARIZABLE, timeout)));
  }

  private void start(Start request) {
    if (port().draining()) {
      busy = false;
      RedisReply.error(out(), "CLUSTERDOWN the server is shutting down");
      return;
    }
    busy = true;
    if (!port().begin(this, request.bytes())) {
      waiting = request;
      return;
    }
    CompletableFuture<byte[]> answer;
    try {
      answer = request.begin().get();
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    completions.await(answer, this, 0, request.bytes());
  }

  @Override
  protected long waitingBytes() {
    return waiting == null ? 0 : waiting.held();
  }

  @Override
  protected void resume() {
    Start request = waiting;
    waiting = null;
    if (request != null && connected() && !ending()) {
      start(request);
      process();
      flush();
    }
  }

  @Override
  public void onResult(
      long tag, long bytes, byte @Nullable [] result, @Nullable Throwable failure) {
    busy = false;
    port().end(bytes);
    if (!connected() || ending()) {
      return;
    }
    if (failure != null || result == null) {
      StoreException store =
          StoreException.from(failure == null ? new IllegalStateException("no result") : failure);
      replyWith(store);
    } else {
      reply(KvCodec.decodeResult(result));
    }
  }

  @Override
  public void onResultsComplete() {
    if (connected()) {
      process();
      flush();
    }
  }

  private void reply(KvResult result) {
    if (result instanceof KvResult.Found found) {
      RedisReply.bulk(out(), found.entry().value());
    } else if (result instanceof KvResult.Absent) {
      RedisReply.nil(out(), protocol);
    } else if (result instanceof KvResult.Stored) {
      RedisReply.simple(out(), "OK");
    } else if (result instanceof KvResult.Deleted deleted) {
      RedisReply.integer(out(), deleted.count());
    } else if (result instanceof KvResult.Number number) {
      RedisReply.integer(out(), number.value());
    } else if (result instanceof KvResult.Failed failed) {
      RedisReply.error(out(), refusal(failed));
    } else {
      RedisReply.error(out(), "ERR unexpected " + result.getClass().getSimpleName());
    }
  }

  private void replyWith(StoreException reason) {
    RedisReply.error(out(), prefix(reason.error()) + " " + reason.getMessage());
  }

  private static String refusal(KvResult.Failed failed) {
    return switch (failed.error()) {
      case NOT_A_NUMBER -> "ERR value is not an integer or out of range";
      case OVERFLOW -> "ERR increment or decrement would overflow";
      case STORE_FULL -> "OOM command not allowed: the store " + failed.message();
      default -> prefix(failed.error()) + " " + failed.error() + ": " + failed.message();
    };
  }

  private static String prefix(StoreError error) {
    return switch (error) {
      case UNAVAILABLE, SHUTTING_DOWN -> "CLUSTERDOWN";
      case OVERLOADED -> "TRYAGAIN";
      default -> "ERR";
    };
  }
}
