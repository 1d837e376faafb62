package io.rabia.leader;

import io.rabia.core.ClusterId;
import io.rabia.core.Command;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A log without consensus: the state machine, behind a lock, and a clock that a test sets. */
final class LonelyLog implements Submitter {
  private final LeaderStateMachine machine = new LeaderStateMachine();
  private final List<LeaderCommand> sent = new CopyOnWriteArrayList<>();
  private long slot;
  private volatile boolean silent;
  private volatile boolean held;
  private final List<Runnable> answers = new CopyOnWriteArrayList<>();
  private volatile long ahead;

  List<LeaderCommand> sent() {
    return sent;
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

  void elapse(Duration time) {
    ahead += time.toNanos();
  }

  @Override
  public synchronized CompletableFuture<byte[]> submit(Command command, Duration timeout) {
    if (silent) {
      return new CompletableFuture<byte[]>().orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }
    ByteBuffer bytes = ByteBuffer.wrap(command.payload());
    sent.add(LeaderCodec.decodeCommand(bytes.duplicate()));
    long time = System.nanoTime() + ahead;
    byte[] result = machine.apply(slot++, time, bytes);
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    if (held) {
      answers.add(() -> answer.complete(result));
    } else {
      answer.complete(result);
    }
    return answer;
  }

  @Override
  public synchronized CompletableFuture<byte[]> read(
      byte[] query, ReadConsistency consistency, Duration timeout) {
    return CompletableFuture.completedFuture(machine.query(ByteBuffer.wrap(query)));
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
