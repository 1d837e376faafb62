package io.rabia.benchmarks;

import io.rabia.core.Command;
import io.rabia.core.RabiaException;
import io.rabia.engine.RabiaEngine;
import io.rabia.engine.ResultHandler;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Submits commands to engines of this process, spread evenly, with a bounded number outstanding.
 * One thread calls {@link #run}, the same one always.
 */
public final class Pipeline {
  private final Lane[] lanes;
  private final byte[] expected;
  private final Command command;
  private volatile @Nullable Thread waiter;

  /**
   * @param outstanding commands at most without an answer, in all
   * @param expected the answer to every command
   */
  public Pipeline(List<RabiaEngine> engines, int outstanding, byte[] payload, byte[] expected) {
    int used = Math.min(engines.size(), outstanding);
    lanes = new Lane[used];
    for (int i = 0; i < used; i++) {
      lanes[i] = new Lane(engines.get(i), (outstanding + used - 1 - i) / used);
    }
    command = Command.of(payload);
    this.expected = expected;
  }

  /**
   * Submits so many and returns once all are answered.
   *
   * @throws RabiaException of one that failed
   */
  public void run(long commands) {
    long left = commands;
    while (left > 0) {
      left -= submit(left);
    }
    awaitAnswers(true);
  }

  /**
   * Submits for so long and returns once all are answered.
   *
   * @throws RabiaException of one that failed
   */
  public void runFor(Duration duration) {
    long end = System.nanoTime() + duration.toNanos();
    while (System.nanoTime() - end < 0) {
      submit(Long.MAX_VALUE);
    }
    awaitAnswers(true);
  }

  /** As many as there is room for, or waits until there is room. */
  private long submit(long most) {
    long submitted = 0;
    for (Lane lane : lanes) {
      submitted += lane.fill(most - submitted);
    }
    if (submitted == 0) {
      awaitAnswers(false);
    }
    return submitted;
  }

  /** So many were answered, and as they should be. */
  public long answered() {
    return Arrays.stream(lanes).mapToLong(lane -> lane.answered).sum();
  }

  private void awaitAnswers(boolean all) {
    waiter = Thread.currentThread();
    while (!(all ? allAnswered() : anyHasRoom())) {
      throwFailure();
      LockSupport.park(this);
    }
    waiter = null;
    throwFailure();
  }

  private void throwFailure() {
    for (Lane lane : lanes) {
      RabiaException failure = lane.failure;
      if (failure != null) {
        throw failure;
      }
    }
  }

  private boolean allAnswered() {
    for (Lane lane : lanes) {
      if (lane.outstanding() > 0) {
        return false;
      }
    }
    return true;
  }

  private boolean anyHasRoom() {
    for (Lane lane : lanes) {
      if (lane.outstanding() <= lane.window / 2) {
        return true;
      }
    }
    return false;
  }

  /** The commands of one engine: submitted by one thread, answered by another. */
  private final class Lane implements ResultHandler {
    private final RabiaEngine engine;
    private final int window;
    private long submitted;
    private volatile long answered;
    private volatile @Nullable RabiaException failure;

    Lane(RabiaEngine engine, int window) {
      this.engine = engine;
      this.window = window;
    }

    long outstanding() {
      return submitted - answered;
    }

    long fill(long most) {
      long count = Math.min(most, window - outstanding());
      for (long i = 0; i < count; i++) {
        submitted++;
        engine.submit(command, this);
      }
      return count;
    }

    @Override
    public void onResult(byte[] result) {
      if (!Arrays.equals(result, expected)) {
        onFailure(new RabiaException.StateMachineFailure("another answer than expected"));
        return;
      }
      long now = answered + 1; // one thread for all results of an engine
      answered = now;
      long left = submitted - now;
      Thread waiting = waiter;
      if (waiting != null && (left == 0 || left == window / 2)) {
        LockSupport.unpark(waiting);
      }
    }

    @Override
    public void onFailure(RabiaException thrown) {
      failure = thrown;
      LockSupport.unpark(waiter);
    }
  }
}
