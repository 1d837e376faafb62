package io.rabia.network;

import io.netty.channel.ManualIoEventLoop;

/** How the thread that runs an event loop waits for work, and is woken by others. */
final class LoopWaits {
  private static final long MOMENT_NANOS = 50_000;

  private final ManualIoEventLoop loop;

  /** A wakeup for which no wait has ended. */
  private volatile boolean woken;

  private volatile boolean sleeps;

  LoopWaits(ManualIoEventLoop loop) {
    this.loop = loop;
  }

  /**
   * Does the work that there is, or waits for some, if it may: only then a wakeup is over. Looks
   * for a moment before the thread sleeps, and lets go of the processor in between: to be woken
   * takes as long as much of what a commit waits for.
   */
  @SuppressWarnings("ThreadPriorityCheck") // it changes the pace only
  void forWork(long nanos) {
    if (nanos <= 0) {
      loop.runNow();
      return;
    }
    long start = System.nanoTime();
    long moment = Math.min(nanos, MOMENT_NANOS);
    long passed = 0;
    boolean found = false;
    while (!found && passed < moment) {
      found = loop.runNow() > 0 || woken;
      if (!found) {
        Thread.yield();
        passed = System.nanoTime() - start;
      }
    }
    if (!found && passed < nanos) {
      sleep(nanos - passed);
    }
    if (woken) {
      woken = false;
    }
  }

  private void sleep(long nanos) {
    sleeps = true;
    try {
      if (woken) {
        loop.runNow();
      } else {
        loop.run(nanos);
      }
    } finally {
      sleeps = false;
    }
  }

  /**
   * Ends {@link #forWork}, or the next one. From any thread. By a task, which no loop passes over
   * on its way to sleep.
   */
  void wakeup() {
    woken = true;
    if (sleeps) {
      loop.execute(LoopWaits::nothing);
    }
  }

  private static void nothing() {}
}
