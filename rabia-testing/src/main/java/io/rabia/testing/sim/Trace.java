package io.rabia.testing.sim;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What happened: for people, when there is somewhere to print it, and always as a hash, to compare
 * runs. One thread.
 */
final class Trace {
  private final SimClock clock;
  private final @Nullable PrintStream out;
  private long hash = 0xCBF29CE484222325L;

  Trace(SimClock clock, @Nullable PrintStream out) {
    this.clock = clock;
    this.out = out;
  }

  /** Takes a number into the hash. */
  void mix(long value) {
    hash = (hash ^ value) * 0x100000001B3L;
    hash ^= hash >>> 29;
  }

  boolean isPrinted() {
    return out != null;
  }

  void line(Supplier<String> text) {
    if (out != null) {
      out.printf(Locale.ROOT, "%12.6f  %s%n", clock.now() / 1e9, text.get());
    }
  }

  void failure(RuntimeException failure) {
    if (out != null) {
      failure.printStackTrace(out);
    }
  }

  long hash() {
    return hash;
  }
}
