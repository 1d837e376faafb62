package io.rabia.testing.sim;

import java.util.PriorityQueue;

/**
 * Virtual time and everything that is to happen in it, in the order of time, then of being
 * scheduled. One thread.
 */
final class SimClock {
  static final long MICRO = 1_000;
  static final long MILLI = 1_000_000;
  static final long SECOND = 1_000_000_000;

  private record Event(long at, long order, Runnable task) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
    }
  }

  private final PriorityQueue<Event> events = new PriorityQueue<>(256);
  private long now;
  private long scheduled;

  /** Nanoseconds since the simulation began. */
  long now() {
    return now;
  }

  /** Now, in seconds to the microsecond, with as many blanks before it as line it up. */
  String text() {
    return text(now);
  }

  /** Without a double in between, whose text is not the same in all Java versions. */
  static String text(long nanos) {
    String micros = Long.toString(nanos % SECOND / MICRO);
    String seconds = Long.toString(nanos / SECOND);
    return " ".repeat(Math.max(0, 5 - seconds.length()))
        + seconds
        + '.'
        + "0".repeat(6 - micros.length())
        + micros;
  }

  void at(long time, Runnable task) {
    events.add(new Event(Math.max(now, time), scheduled++, task));
  }

  void after(long nanos, Runnable task) {
    at(now + nanos, task);
  }

  /**
   * Goes to the next event, if there is one at or before {@code limit}; else time becomes {@code
   * limit}.
   */
  boolean step(long limit) {
    Event next = events.peek();
    if (next == null || next.at > limit) {
      now = Math.max(now, limit);
      return false;
    }
    events.remove();
    now = next.at;
    next.task.run();
    return true;
  }
}
