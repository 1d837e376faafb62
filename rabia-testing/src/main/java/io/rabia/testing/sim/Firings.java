package io.rabia.testing.sim;

import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which faults the runs of a campaign drew, and which struck in any of them. One thread. */
final class Firings {
  private static final int MANY = 100;

  private final Set<Fault> all;
  private final Set<Fault> drawn = EnumSet.noneOf(Fault.class);
  private final Set<Fault> fired = EnumSet.noneOf(Fault.class);
  private long runs;

  /**
   * @param all those that a campaign of many seeds draws, each in some run
   */
  Firings(Set<Fault> all) {
    this.all = all;
  }

  void add(Set<Fault> drawnInRun, Set<Fault> firedInRun) {
    runs++;
    drawn.addAll(drawnInRun);
    fired.addAll(firedInRun);
  }

  /** Why the campaign proves nothing, however its runs went, or null. */
  @Nullable String lacks() {
    Set<Fault> silent = EnumSet.noneOf(Fault.class);
    silent.addAll(drawn);
    if (runs >= MANY) {
      silent.addAll(all);
    }
    silent.removeAll(fired);
    return silent.isEmpty() ? null : "never fired in any run: " + silent;
  }
}
