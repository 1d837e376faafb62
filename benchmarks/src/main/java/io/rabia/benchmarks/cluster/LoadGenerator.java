package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.cluster.LoadSpec.Operation;
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

  private final Target target;
  private final LoadSpec spec;
  private final LongConsumer progress;
  private final ArrayDeque<Client> free = new ArrayDeque<>();
  private final List<Client> answered = new ArrayList<>();
  private final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
  private final AtomicBoolean paceScheduled = new AtomicBoolean();
  private final long begin;
  private final LoadRecorder recorder;
  private final Entries entries;
  private boolean turnScheduled;
  private boolean unsentCounted;
  private volatile boolean stopped;
  private int outstanding;
  private long resentBefore;
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
    boolean fill = spec.operation() == Operation.FILL;
    long start = fill ? begin : begin + (long) (spec.settleSeconds() * 1e9);
    recorder = new LoadRecorder(start, end(), target.homes(), spec.timeline() && !fill);
    entries = new Entries(spec.keySize(), spec.valueSize());
  }

  private long end() {
    return spec.operation() == Operation.FILL
        ? begin + Long.MAX_VALUE / 2
        : begin + (long) ((spec.settleSeconds() + spec.seconds()) * 1e9);
  }

  /** Runs it to its end. Not on the target's thread. */
  LoadResult run() {
    target.execute(
        () -> {
          resentBefore = target.resent();
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
      if (now - end() >= 0 && !stopped) {
        stopped = true;
        target.execute(this::turn);
      }
      pace(now);
    }
    CompletableFuture<LoadResult> result = new CompletableFuture<>();
    target.execute(() -> result.complete(result()));
    return result.join();
  }

  private LoadResult result() {
    recorder.endAt(System.nanoTime());
    long resent = target.resent();
    return recorder.result(resent == Target.UNCOUNTED ? Target.UNCOUNTED : resent - resentBefore);
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
    if (stopped && !unsentCounted) {
      unsentCounted = true;
      countUnsent();
    }
    if (stopped && outstanding == 0) {
      done.complete(null);
    }
  }

  private long intended() {
    return begin + (long) (intendedTaken * 1e9 / spec.rate());
  }

  /** In an open loop: nobody was free to send them. */
  private void countUnsent() {
    while (spec.rate() > 0 && intended() - end() < 0) {
      recorder.unsent(intended());
      intendedTaken++;
    }
  }

  private void sendNext() {
    long now = System.nanoTime();
    while (!stopped && !free.isEmpty()) {
      long intended = now;
      if (spec.rate() > 0) {
        intended = intended();
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
    private int key;
    private long intended;
    private long completedAt;
    private boolean succeeded;

    Client(int index) {
      this.index = index;
      random = new SplittableRandom(begin + index);
    }

    void send(long at) {
      intended = at;
      key = spec.operation() == Operation.FILL ? filled++ : random.nextInt(spec.keys());
      if (spec.operation() == Operation.READ) {
        target.read(index, entries.key(key), this);
      } else {
        target.write(index, entries.key(key), entries.newValue(key), this);
      }
    }

    @Override
    public void succeeded(byte[] value) {
      if (spec.operation() == Operation.READ && !entries.isValueOf(key, value)) {
        failed("a read of key " + key + " found another's value, " + value.length + " bytes");
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
        recorder.failed(completedAt, completedAt - intended);
      }
    }
  }
}
