package io.rabia.testing.explore;

import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Callable;

/** The searches that find every planted bug of {@link ReplicaMutants}; throws what they find. */
public final class ReplicaCheck implements Callable<Long> {

  public ReplicaCheck() {}

  /** Returns how many runs were tried. */
  @Override
  public Long call() {
    long paths = 0;
    Set<Situation> situations = EnumSet.copyOf(Situation.OF_OFFERS);
    situations.addAll(EnumSet.range(Situation.AT_REST, Situation.FOUR_AT_REST));
    for (Situation situation : situations) {
      paths += new ReplicaExplorer(situation, 1, Integer.MAX_VALUE).explore().paths();
    }
    return paths;
  }
}
