package io.rabia.testing.explore;

import io.rabia.testing.explore.SlotModel.Coin;
import io.rabia.testing.explore.SlotModel.Delivery;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * The explorations of a slot that find every planted bug of {@link SlotMutants}; throws what it
 * finds.
 */
public final class SlotCheck implements Callable<Long> {

  public SlotCheck() {}

  /** Returns how many states were visited. */
  @Override
  public Long call() {
    long states = 0;
    for (List<Long> pattern : SlotModel.proposalPatterns(4)) {
      states += explore(new SlotModel(pattern, 0, Delivery.FORGETFUL, true, Coin.PER_REPLICA));
    }
    for (List<Long> pattern : SlotModel.proposalPatterns(3)) {
      states += explore(new SlotModel(pattern, 1, Delivery.FORGETFUL, true, Coin.PER_REPLICA));
    }
    for (List<Long> pattern : SlotModel.proposalPatterns(3)) {
      states += explore(new SlotModel(pattern, 2, Delivery.FORGETFUL, true, Coin.COMMON));
    }
    return states;
  }

  private static long explore(SlotModel model) {
    return new SlotExplorer(model).explore().states();
  }
}
