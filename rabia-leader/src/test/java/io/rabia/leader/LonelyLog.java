package io.rabia.leader;

import io.rabia.core.ClusterId;
import io.rabia.core.Command;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/** A log without consensus: the state machine, behind a lock, and a clock that a test sets. */
final class LonelyLog implements Submitter {
  private final LeaderStateMachine machine = new LeaderStateMachine();
  private final LongSupplier nanos;
  private final List<LeaderCommand> sent = new CopyOnWriteArrayList<>();
  private final List<Runnable> answers = new CopyOnWriteArrayList<>();
  private final Deque<Runnable> delayed = new ArrayDeque<>();
  private final AtomicInteger reads = new AtomicInteger();
  private long slot;
  private volatile boolean silent;
  private volatile boolean held;
  private volatile boolean delaying;
  private volatile boolean aside;
  private volatile long ahead;

  LonelyLog() {
    this(System::nanoTime);
  }

  LonelyLog(LongSupplier nanos) {
    this.nanos = nanos;
  }

  List<LeaderCommand> sent() {
    return sent;
  }

  int reads() {
    return reads.get();
  }

  LeaderView view() {
    return machine.view();
  }

  /** Answers nothing and executes nothing from now on, or does again. */
  void silent(boolean now) {
    silent = now;
  }

  /** Executes and does not answer from now on; later everything is answered at once. */
  void hold(boolean now) {
    held = now;
    if (!now) {
      answers.forEach(Runnable::run);
      answers.clear();
    }
  }

  int heldBack() {
    return answers.size();
  }

  /** Executes nothing until {@link #executeLastFirst}. */
  void delay() {
    delaying = true;
  }

  void executeLastFirst() {
    delaying = false;
    while (!delayed.isEmpty()) {
      delayed.removeLast().run();
    }
  }

  /** Reads are answered on other threads from now on. */
  void readAside() {
    aside = true;
  }

  /** So much log time passes before the next command, in steps so small that all of it counts. */
  synchronized void elapse(Duration time) {
    long step = TimeUnit.MILLISECONDS.toNanos(10);
    for (long passed = 0; passed < time.toNanos(); passed += step) {
      ahead += step;
      machine.execute(nanos.getAsLong() + ahead, new LeaderCommand.Trigger(99, 1, "none"));
    }
  }

  @Override
  public synchronized CompletableFuture<byte[]> submit(Command command, Duration timeout) {
    if (silent) {
      return new CompletableFuture<byte[]>().orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    if (delaying) {
      delayed.add(() -> execute(command, answer));
    } else {
      execute(command, answer);
    }
    return answer;
  }

  private synchronized void execute(Command command, CompletableFuture<byte[]> answer) {
    ByteBuffer bytes = ByteBuffer.wrap(command.payload());
    sent.add(LeaderCodec.decodeCommand(bytes.duplicate()));
    byte[] result = machine.apply(slot++, nanos.getAsLong() + ahead, bytes);
    if (held) {
      answers.add(() -> answer.complete(result));
    } else {
      answer.complete(result);
    }
  }

  @Override
  public CompletableFuture<byte[]> read(
      byte[] query, ReadConsistency consistency, Duration timeout) {
    reads.incrementAndGet();
    return aside
        ? CompletableFuture.supplyAsync(() -> query(query))
        : CompletableFuture.completedFuture(query(query));
  }

  private synchronized byte[] query(byte[] query) {
    return machine.query(ByteBuffer.wrap(query));
  }

  @Override
  public CompletableFuture<Long> openSession(Duration timeout) {
    return CompletableFuture.failedFuture(new UnsupportedOperationException());
  }

  @Override
  public ClusterId clusterId() {
    return ClusterId.NONE;
  }
}
