package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.cluster.LoadSpec.Operation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Loads one target, the same way for every system: clients with one request outstanding each, one
 * request per command. All of it runs on the target's thread, in turns: count what has completed,
 * send what comes next.
 */
final class LoadGenerator {
  private static final long PACE_NANOS = 50_000;
  private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private final Target target;
  private final LoadSpec spec;
  private final LongConsumer progress;
  private final ArrayDeque<Client> free = new ArrayDeque<>();
  private final List<Client> answered = new ArrayList<>();
  private final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
  private final AtomicBoolean paceScheduled = new AtomicBoolean();
  private final long begin;
  private final LoadRecorder recorder;
  private boolean turnScheduled;
  private volatile boolean stopped;
  private int outstanding;
  private long sequence;
  private long intendedTaken;
  private int filled;
  private @Nullable String firstError;
  private volatile long nextIntended;

  /**
   * @param progress told about every second how many have completed
   */
  LoadGenerator(Target target, LoadSpec spec, LongConsumer progress) {
    this.target = target;
    this.spec = spec;
    this.progress = progress;
    begin = System.nanoTime();
    nextIntended = begin;
    long start = begin + (long) (spec.warmupSeconds() * 1e9);
    recorder = new LoadRecorder(start, end(), target.homes(), spec.timeline());
  }

  private long end() {
    return begin + (long) ((spec.warmupSeconds() + spec.seconds()) * 1e9);
  }

  /** Runs it to its end. Not on the target's thread. */
  LoadResult run() {
    target.execute(
        () -> {
          for (int i = 0; i < spec.clients(); i++) {
            free.add(new Client(i));
          }
          turn();
        });
    long nextProgress = begin + PROGRESS_NANOS;
    while (!done.isDone()) {
      long now = System.nanoTime();
      if (now - nextProgress >= 0) {
        nextProgress += PROGRESS_NANOS;
        target.execute(() -> progress.accept(recorder.completedSoFar()));
      }
      if (now - end() >= 0 && !stopped && spec.operation() != Operation.FILL) {
        stopped = true;
        target.execute(this::turn);
      }
      pace(now);
    }
    CompletableFuture<LoadResult> result = new CompletableFuture<>();
    target.execute(() -> result.complete(recorder.result()));
    return result.join();
  }

  @Nullable String firstError() {
    return firstError;
  }

  /** Wakes the target's thread at the times at which requests are to be sent. */
  private void pace(long now) {
    if (spec.rate() <= 0 || stopped) {
      LockSupport.parkNanos(1_000_000);
      return;
    }
    long wait = nextIntended - now;
    if (wait <= 0 && paceScheduled.compareAndSet(false, true)) {
      target.execute(
          () -> {
            paceScheduled.set(false);
            turn();
          });
    }
    LockSupport.parkNanos(wait <= 0 ? PACE_NANOS : Math.min(wait, 1_000_000));
  }

  private void turn() {
    turnScheduled = false;
    for (Client client : answered) {
      client.count();
      outstanding--;
      free.add(client);
    }
    answered.clear();
    sendNext();
    if (stopped && outstanding == 0) {
      done.complete(null);
    }
  }

  private void sendNext() {
    long now = System.nanoTime();
    while (!stopped && !free.isEmpty()) {
      long intended = now;
      if (spec.rate() > 0) {
        intended = begin + (long) (intendedTaken * 1e9 / spec.rate());
        nextIntended = intended;
        if (intended - now > 0) {
          return;
        }
        intendedTaken++;
      }
      if (spec.operation() == Operation.FILL && filled == spec.keys()) {
        stopped = true;
        return;
      }
      outstanding++;
      free.remove().send(intended);
    }
  }

  private final class Client implements Target.Outcome {
    private final int index;
    private final SplittableRandom random;
    private long intended;
    private long completedAt;
    private boolean succeeded;

    Client(int index) {
      this.index = index;
      random = new SplittableRandom(begin + index);
    }

    void send(long at) {
      intended = at;
      int number = spec.operation() == Operation.FILL ? filled++ : random.nextInt(spec.keys());
      byte[] key = ("key:" + number).getBytes(StandardCharsets.US_ASCII);
      if (spec.operation() == Operation.READ) {
        target.read(index, key, this);
      } else {
        target.write(index, key, newValue(), this);
      }
    }

    /** Text that no other write has, as far as its length allows. */
    private byte[] newValue() {
      byte[] text = new byte[spec.valueSize()];
      long number = ++sequence * 0x9E3779B97F4A7C15L ^ begin;
      for (int i = 0; i < text.length; i++) {
        text[i] = HEX[(int) (number >>> (i % 16 * 4)) & 15];
      }
      return text;
    }

    @Override
    public void succeeded(byte[] value) {
      if (spec.operation() == Operation.READ && value.length != spec.valueSize()) {
        failed("a read found " + value.length + " bytes");
      } else {
        ended(true);
      }
    }

    @Override
    public void failed(String why) {
      firstError = firstError == null ? why : firstError;
      ended(false);
    }

    private void ended(boolean well) {
      completedAt = System.nanoTime();
      succeeded = well;
      answered.add(this);
      if (!turnScheduled) {
        turnScheduled = true;
        target.execute(LoadGenerator.this::turn);
      }
    }

    void count() {
      if (succeeded) {
        recorder.completed(target.home(index), completedAt, completedAt - intended);
      } else {
        recorder.failed(completedAt);
      }
    }
  }
}
