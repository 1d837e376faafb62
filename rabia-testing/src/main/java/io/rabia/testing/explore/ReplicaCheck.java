package io.rabia.testing.explore;

import io.rabia.core.CommonCoin;
import java.util.concurrent.Callable;

/** The search that finds every planted bug of {@link ReplicaMutants}; throws what it finds. */
public final class ReplicaCheck implements Callable<Long> {

  public ReplicaCheck() {}

  /** Returns how many runs were tried. */
  @Override
  public Long call() {
    long paths =
        new ReplicaExplorer(1, Integer.MAX_VALUE, CommonCoin.keyed(1, 2)).explore().paths();
    return paths + new ReplicaExplorer(2, 40, CommonCoin.keyed(1, 2)).explore().paths();
  }
}
