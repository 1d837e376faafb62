package io.rabia.kvstore.server.cli;

import io.netty.channel.EventLoop;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.kvstore.KvCodec;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvQuery;
import io.rabia.kvstore.KvResult;
import io.rabia.network.client.ClientCore;
import io.rabia.network.client.ClientSession;
import io.rabia.network.client.ResultHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The load generator. Each worker has one request outstanding, a session of its own and a server
 * that it asks first. All of it runs on the client's event loop, in turns: take what has completed,
 * write the journal, send what comes next.
 */
final class Bench {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final long PACE_NANOS = 50_000;

  /** As many as a key has at least. */
  private static final int KEY_BYTES = 16;

  private static final int STORED = KvCodec.encode(new KvResult.Stored(0))[0];

  private final ClientCore core;
  private final EventLoop loop;
  private final BenchOptions options;
  private final Duration timeout;
  private final @Nullable Journal journal;
  private final String keyPrefix;
  private final int servers;
  private final List<Worker> workers = new ArrayList<>();
  private final ArrayDeque<Worker> free = new ArrayDeque<>();
  private final List<Worker> answered = new ArrayList<>();
  private final List<Worker> sending = new ArrayList<>();
  private final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
  private final AtomicBoolean paceScheduled = new AtomicBoolean();
  private final List<BenchRecorder> recorders = new ArrayList<>();
  private boolean turnScheduled;
  private boolean stopped;
  private int outstanding;
  private long begin;
  private long sequence;
  private long intendedTaken;
  private volatile long nextIntended;

  Bench(ClientCore core, BenchOptions options, Duration timeout, @Nullable Journal journal) {
    this.core = core;
    this.options = options;
    this.timeout = timeout;
    this.journal = journal;
    keyPrefix = journal == null ? "key:" : journal.keyPrefix();
    loop = core.eventLoop();
    servers = core.servers().size();
    for (int i = 0; i < options.clients; i++) {
      workers.add(new Worker(i));
    }
  }

  /** Runs it to its end, or until {@link #stop}, and returns a line for all and one per server. */
  List<String> run() {
    greetServers();
    begin = System.nanoTime();
    long start = begin + options.warmup().toNanos();
    long end = start + options.measured().toNanos();
    for (int i = 0; i <= servers; i++) {
      recorders.add(new BenchRecorder(start, end));
    }
    nextIntended = begin;
    loop.execute(this::start);
    if (options.rate > 0) {
      pace(end);
    }
    done.join();
    List<String> lines = new ArrayList<>();
    lines.add(recorders.get(servers).line("bench", options.clients));
    for (int i = 0; i < servers; i++) {
      int clients = (options.clients + servers - 1 - i) / servers;
      lines.add(recorders.get(i).line("bench server=" + core.servers().get(i), clients));
    }
    return lines;
  }

  /** Connects to every server that is there, so that the first requests go where they belong. */
  private void greetServers() {
    List<CompletableFuture<@Nullable Void>> greetings = new ArrayList<>();
    for (int i = 0; i < servers; i++) {
      CompletableFuture<@Nullable Void> greeting = new CompletableFuture<>();
      core.status(i, Duration.ofSeconds(1), (result, failure) -> greeting.complete(null));
      greetings.add(greeting);
    }
    CompletableFuture.allOf(greetings.toArray(CompletableFuture[]::new)).join();
  }

  private void start() {
    long untilEnd = options.warmup().plus(options.measured()).toNanos();
    loop.schedule(this::end, untilEnd, TimeUnit.NANOSECONDS);
    free.addAll(workers);
    turn();
  }

  /** Ends it before its time: only what came until now counts. From any thread. */
  void stop() {
    loop.execute(this::end);
  }

  private void end() {
    if (!stopped) {
      stopped = true;
      long now = System.nanoTime();
      recorders.forEach(recorder -> recorder.endAt(now));
    }
    finishIfIdle();
  }

  private void finishIfIdle() {
    if (stopped && outstanding == 0) {
      done.complete(null);
    }
  }

  /**
   * Wakes the event loop at the times at which requests are to be sent; it is not precise enough
   * itself.
   */
  private void pace(long end) {
    while (!done.isDone() && System.nanoTime() - end < 0) {
      long wait = nextIntended - System.nanoTime();
      if (wait > 0) {
        LockSupport.parkNanos(wait);
      } else if (paceScheduled.compareAndSet(false, true)) {
        loop.execute(
            () -> {
              paceScheduled.set(false);
              turn();
            });
      } else {
        LockSupport.parkNanos(PACE_NANOS);
      }
    }
  }

  private void scheduleTurn() {
    if (!turnScheduled) {
      turnScheduled = true;
      loop.execute(this::turn);
    }
  }

  private void turn() {
    turnScheduled = false;
    try {
      takeAnswers();
      prepareNext();
      if (journal != null) {
        journal.flush();
      }
    } catch (IOException e) {
      stopped = true;
      done.completeExceptionally(new RabiaException.Storage("journal: " + e.getMessage(), e));
      return;
    }
    answered.forEach(Worker::count);
    answered.clear();
    sending.forEach(Worker::send);
    sending.clear();
    finishIfIdle();
  }

  private void takeAnswers() {
    for (Worker worker : answered) {
      if (journal != null && worker.acknowledgedWrite()) {
        journal.acknowledged(worker.key, worker.value);
      }
      outstanding--;
      free.add(worker);
    }
  }

  private void prepareNext() {
    long now = System.nanoTime();
    while (!stopped && !free.isEmpty()) {
      long intended = now;
      if (options.rate > 0) {
        intended = begin + (long) (intendedTaken * 1e9 / options.rate);
        nextIntended = intended;
        if (intended - now > 0) {
          return;
        }
        intendedTaken++;
      }
      Worker worker = free.remove();
      worker.prepare();
      worker.intended = intended;
      outstanding++;
      sending.add(worker);
      if (journal != null && !worker.read) {
        journal.sending(worker.key, worker.value);
      }
    }
  }

  private final class Worker implements ResultHandler {
    private final int index;
    private final int server;
    private final ClientSession session = core.newSession();
    private final SplittableRandom random;
    private byte[] key = new byte[0];
    private byte[] value = new byte[0];
    private boolean read;
    private boolean succeeded;
    private boolean countedRead;
    private long intended;
    private long countedIntended;
    private long completedAt;

    Worker(int index) {
      this.index = index;
      server = index % servers;
      random = new SplittableRandom(System.nanoTime() + index);
    }

    void prepare() {
      read = options.reads > 0 && random.nextDouble() < options.reads;
      int clients = options.clients;
      int number =
          journal == null
              ? random.nextInt(options.keys)
              : random.nextInt((options.keys - index - 1) / clients + 1) * clients + index;
      String digits = String.valueOf(number);
      String zeros = "0".repeat(Math.max(0, KEY_BYTES - keyPrefix.length() - digits.length()));
      key = (keyPrefix + zeros + digits).getBytes(StandardCharsets.US_ASCII);
      if (!read) {
        value = newValue();
      }
    }

    /** Text that no other write has, as far as its length allows. */
    private byte[] newValue() {
      byte[] text = new byte[options.valueSize];
      long number = ++sequence * 0x9E3779B97F4A7C15L ^ begin;
      for (int i = 0; i < text.length; i++) {
        text[i] = HEX[(int) (number >>> (i % 16 * 4)) & 15];
      }
      return text;
    }

    void send() {
      if (read) {
        byte[] query = KvCodec.encode(new KvQuery.Get(key));
        core.read(query, ReadConsistency.LINEARIZABLE, server, timeout, this);
      } else {
        byte[] command = KvCodec.encode(new KvCommand.Set(key, value));
        core.submit(session, command, server, timeout, this);
      }
    }

    @Override
    public void onResult(byte @Nullable [] result, @Nullable RabiaException failure) {
      completedAt = System.nanoTime();
      succeeded = result != null && (read ? isAnswer(result) : result[0] == STORED);
      countedRead = read;
      countedIntended = intended;
      answered.add(this);
      scheduleTurn();
    }

    private static boolean isAnswer(byte[] result) {
      return !(KvCodec.decodeResult(result) instanceof KvResult.Failed);
    }

    boolean acknowledgedWrite() {
      return succeeded && !read;
    }

    void count() {
      for (BenchRecorder recorder : List.of(recorders.get(server), recorders.get(servers))) {
        if (succeeded) {
          recorder.completed(completedAt, completedAt - countedIntended, countedRead);
        } else {
          recorder.failed(completedAt);
        }
      }
    }
  }
}
