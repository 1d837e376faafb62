package io.rabia.kvstore.server.redis;

import io.netty.buffer.ByteBuf;
import io.rabia.core.Command;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import io.rabia.kvstore.KVStoreConfig;
import io.rabia.kvstore.KvCodec;
import io.rabia.kvstore.KvQuery;
import io.rabia.kvstore.KvResult;
import io.rabia.kvstore.StoreError;
import io.rabia.kvstore.StoreException;
import io.rabia.network.server.Completions;
import io.rabia.network.server.Port;
import io.rabia.network.server.PortConnection;
import io.rabia.network.server.PortStatistics;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection of the Redis port. Its commands are executed one after the other, whatever is
 * pipelined waits its turn. They carry no number: a client that sends a write again may have it
 * executed twice, as with Redis.
 */
public final class RedisConnection extends PortConnection
    implements Completions.Receiver, RedisNotifications.Receiver {
  private static final byte[] NOT_YET = {};

  private final Submitter submitter;
  private final Duration timeout;
  private final KVStoreConfig store;
  private final Completions completions;
  private final RedisParser parser;
  private final RedisTalk talk;
  private final RedisTranslator translator;
  private final RedisNotifications notifications;
  private final RedisTransaction transaction;
  private final RedisChannels channels = new RedisChannels();
  private boolean busy;
  private @Nullable Start waiting;
  private RedisRequest.@Nullable Answer answer;

  /**
   * A request to the engine.
   *
   * @param held bytes of itself
   * @param bytes that it and its answer may need
   */
  private record Start(int held, long bytes, Supplier<CompletableFuture<byte[]>> begin) {}

  /**
   * @param server what all connections of the port share
   * @param id of the connection, for CLIENT ID
   */
  public RedisConnection(Port port, RedisServer server, int id) {
    super(port);
    submitter = server.submitter();
    store = server.store();
    timeout = store.requestTimeout();
    completions = server.completions();
    notifications = server.notifications();
    translator = new RedisTranslator(server.scans());
    talk = new RedisTalk(id, server.version(), server.nodeId(), port.statistics());
    int maxFrame = port.limits().maxFrame();
    parser = new RedisParser(Math.max(store.maxKeySize(), store.maxValueSize()), maxFrame);
    transaction = new RedisTransaction(maxFrame);
  }

  @Override
  protected boolean busy() {
    return busy;
  }

  /** Subscribers have nothing to say. */
  @Override
  protected boolean answersOwed() {
    return busy || !channels.isEmpty();
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
      transaction.fail();
      refuseUnknown(arguments.get(0));
    } else if (!command.accepts(arguments)) {
      transaction.fail();
      RedisReply.error(
          out(), "ERR wrong number of arguments for '" + lower(arguments.get(0)) + "' command");
    } else {
      try {
        execute(command, arguments);
      } catch (RedisError e) {
        transaction.fail();
        RedisReply.error(out(), e.reply());
      } catch (StoreException e) {
        transaction.fail();
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

  private void execute(RedisCommand command, List<byte[]> arguments) throws RedisError {
    if (talk.protocol() == 2 && !channels.isEmpty() && !servedToSubscribers(command)) {
      throw new RedisError(
          "ERR Can't execute '"
              + lower(arguments.get(0))
              + "': only (P)SUBSCRIBE / (P)UNSUBSCRIBE / PING / QUIT are allowed in this context");
    }
    List<byte[]> rest = arguments.subList(1, arguments.size());
    switch (command) {
      case QUIT -> {
        RedisReply.simple(out(), "OK");
        closeAfterFlush();
      }
      case MULTI -> {
        transaction.open();
        RedisReply.simple(out(), "OK");
      }
      case DISCARD -> {
        transaction.discard();
        RedisReply.simple(out(), "OK");
      }
      case UNWATCH -> {
        refuseInTransaction(command);
        transaction.unwatch();
        RedisReply.simple(out(), "OK");
      }
      case EXEC -> start(transaction.execute());
      case WATCH -> start(transaction.watch(rest));
      case SUBSCRIBE, PSUBSCRIBE -> subscribe(command, rest);
      case UNSUBSCRIBE, PUNSUBSCRIBE -> {
        channels.remove(command, rest, out(), talk.protocol());
        if (channels.isEmpty()) {
          notifications.leave(this);
        }
      }
      default -> {
        if (command.kind() == RedisCommand.Kind.TALK) {
          refuseInTransaction(command);
          talk.answer(command, arguments, out());
        } else {
          ask(command, arguments);
        }
      }
    }
  }

  private static boolean servedToSubscribers(RedisCommand command) {
    return command.kind() == RedisCommand.Kind.CHANNELS
        || command == RedisCommand.PING
        || command == RedisCommand.QUIT;
  }

  private void refuseInTransaction(RedisCommand command) throws RedisError {
    if (transaction.isOpen()) {
      throw new RedisError("ERR " + command + " is not served inside MULTI");
    }
  }

  private void ask(RedisCommand command, List<byte[]> arguments) throws RedisError {
    RedisRequest request = translator.translate(command, arguments);
    if (transaction.isOpen()) {
      transaction.queue(command, request, arguments);
      RedisReply.simple(out(), "QUEUED");
    } else {
      start(request);
    }
  }

  private void subscribe(RedisCommand command, List<byte[]> names) throws RedisError {
    refuseInTransaction(command);
    channels.check(command, names);
    answer =
        (out, protocol, result) -> {
          try {
            channels.add(command, names, out, protocol);
          } catch (RedisError e) {
            RedisReply.error(out, e.reply());
          }
          return null;
        };
    start(new Start(0, 0, this::join));
  }

  private CompletableFuture<byte[]> join() {
    CompletableFuture<byte[]> joined = notifications.join(this);
    RabiaException late = new RabiaException.Timeout("the store does not answer");
    return joined
        .completeOnTimeout(NOT_YET, timeout.toMillis(), TimeUnit.MILLISECONDS)
        .thenApply(
            answer -> {
              if (answer == NOT_YET) {
                throw late;
              }
              return answer;
            });
  }

  @Override
  public void onChange(String event, byte[] key) {
    if (connected() && !ending() && !channels.isEmpty()) {
      channels.tell(event, key, out(), talk.protocol());
      flush();
    }
  }

  @Override
  public void onLoss(String reason) {
    if (connected() && !ending() && !channels.isEmpty()) {
      refuse(PortStatistics.Event.CUT_OFF, new RabiaException.Unavailable(reason));
    }
  }

  @Override
  protected void gone() {
    notifications.leave(this);
  }

  private void start(RedisRequest request) {
    answer = request.answer();
    KvQuery query = request.query();
    if (query == null) {
      byte[] bytes = KvCodec.encode(request.command());
      start(
          new Start(
              bytes.length, bytes.length, () -> submitter.submit(Command.of(bytes), timeout)));
    } else {
      byte[] bytes = KvCodec.encode(query);
      int most = KvCodec.readsOneKey(bytes) ? store.maxValueSize() : store.maxAnswerBytes();
      start(
          new Start(
              bytes.length,
              (long) bytes.length + most,
              () -> submitter.read(bytes, ReadConsistency.LINEARIZABLE, timeout)));
    }
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
    answer.whenComplete(completions.waiting(this, 0, request.bytes()));
  }

  @Override
  protected long waitingBytes() {
    return transaction.bytes() + channels.bytes() + (waiting == null ? 0 : waiting.held());
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
      reply(result);
    }
  }

  @Override
  public void onResultsComplete() {
    if (connected()) {
      process();
      flush();
    }
  }

  private void reply(byte[] result) {
    RedisRequest.Answer how = answer;
    answer = null;
    if (how == null) {
      throw new IllegalStateException("an answer that nobody waits for");
    }
    KvResult decoded = result.length == 0 ? new KvResult.Absent() : KvCodec.decodeResult(result);
    if (decoded instanceof KvResult.Failed failed) {
      RedisReply.error(out(), refusal(failed));
      return;
    }
    RedisRequest more = how.write(out(), talk.protocol(), decoded);
    if (more != null) {
      start(more);
    }
  }

  private void replyWith(StoreException reason) {
    answer = null;
    if (channels.isEmpty()) {
      notifications.leave(this);
    }
    RedisReply.error(out(), prefix(reason.error()) + " " + reason.getMessage());
  }

  private static String refusal(KvResult.Failed failed) {
    if (failed.message().startsWith("command ")) {
      return "EXECABORT Transaction discarded: " + failed.error() + ": " + failed.message();
    }
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
