package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.cluster.BenchOptions.Fault;
import java.util.function.Consumer;

/** Lets a member fail at the so-manieth sign of life of a load, which gives one every second. */
final class FaultTimer implements Consumer<String> {
  private final ChildProcess victim;
  private final Fault fault;
  private final int after;
  private final long begin = System.nanoTime();
  private int signs;
  private long at;

  FaultTimer(ChildProcess victim, Fault fault, int after) {
    this.victim = victim;
    this.fault = fault;
    this.after = after;
  }

  @Override
  public void accept(String sign) {
    signs++;
    if (signs == after) {
      at = System.nanoTime();
      if (fault == Fault.KILL) {
        victim.kill();
      } else {
        victim.pause();
      }
    }
  }

  /** When it failed. */
  double secondsFromBegin() {
    if (signs < after) {
      throw new IllegalStateException("the load ended before the member failed");
    }
    return (at - begin) / 1e9;
  }
}
