package io.rabia.kvstore.server.cli;

import io.rabia.core.RabiaException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine;

/** Of servers: until their process is told to end, or one of them stops by itself. One thread. */
final class Lifetime {
  private final BlockingQueue<RabiaException> stopped = new LinkedBlockingQueue<>();
  private final AtomicBoolean ended = new AtomicBoolean();

  /** A server stopped without having been asked to. Any thread. */
  void stopped(RabiaException reason) {
    stopped.add(reason);
  }

  /** Lets time pass; fails with the reason when a server stops. */
  void pass(Duration time) throws InterruptedException {
    RabiaException reason = stopped.poll(time.toNanos(), TimeUnit.NANOSECONDS);
    if (reason != null) {
      throw reason;
    }
  }

  /**
   * Prints that the servers are there and returns only with the reason why one of them stopped.
   *
   * @param close drains and stops all of them
   */
  RabiaException live(PrintWriter out, List<String> ready, Runnable close)
      throws InterruptedException {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(close), "rabia-stop"));
    ready.forEach(out::println);
    out.flush();
    RabiaException reason = stopped.take();
    ended.set(true);
    close.run();
    return reason;
  }

  /** A signal would give the exit code 128 + its number; a drained stop is a success. */
  private void end(Runnable close) {
    if (ended.compareAndSet(false, true)) {
      close.run();
      System.out.flush();
      Runtime.getRuntime().halt(CommandLine.ExitCode.OK);
    }
  }
}
