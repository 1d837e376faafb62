package io.rabia.testing.explore;

import java.util.concurrent.Callable;

/**
 * The searches that find every planted bug of {@link ReplicaMutants#ofChanges}; throws what they
 * find.
 */
public final class ChangeCheck implements Callable<Long> {
  private static final int HORIZON = 16;

  public ChangeCheck() {}

  /** Returns how many runs were tried. */
  @Override
  public Long call() {
    long paths = 0;
    for (int departures = 0; departures <= 1; departures++) {
      for (Situation situation : Situation.OF_CHANGES) {
        paths += new ReplicaExplorer(situation, departures, HORIZON).explore().paths();
      }
    }
    return paths;
  }
}
