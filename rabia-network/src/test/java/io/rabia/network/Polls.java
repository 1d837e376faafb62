package io.rabia.network;

import io.rabia.core.transport.Transport;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Polls the transports of a test on the test's thread until something holds. */
final class Polls {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final Set<Transport> transports = new LinkedHashSet<>();

  void add(Transport transport) {
    transports.add(transport);
  }

  void close(Transport transport) {
    transports.remove(transport);
    transport.close();
  }

  void closeAll() {
    transports.forEach(Transport::close);
    transports.clear();
  }

  void once() {
    transports.forEach(transport -> transport.poll(TimeUnit.MILLISECONDS.toNanos(1)));
  }

  void until(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("not within " + PATIENCE + ": " + what);
      }
      once();
    }
  }

  /** Polls for a time in which nothing is expected to happen. */
  void during(Duration time) {
    long deadline = System.nanoTime() + time.toNanos();
    while (System.nanoTime() - deadline < 0) {
      once();
    }
  }
}
