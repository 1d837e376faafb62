package io.rabia.benchmarks;

/** A benchmark that did not do what it claims has no result. */
final class Checks {
  private Checks() {}

  static void check(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException("not what this benchmark claims: " + what);
    }
  }
}
