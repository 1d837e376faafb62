package io.rabia.testing.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.testing.explore.SlotExplorer.Result;
import io.rabia.testing.explore.SlotModel.Coin;
import io.rabia.testing.explore.SlotModel.Delivery;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Every reachable state of one slot. The count of states is part of the result: a search that
 * visits less than it did has lost some of its cover, and fails.
 */
class SlotExplorerTest {

  private static Result explore(int n, int lastPhase, Delivery delivery, Coin coin) {
    long states = 0;
    long transitions = 0;
    long sets = 0;
    long checksum = 0;
    List<SlotModel> models =
        SlotModel.proposalPatterns(n).stream()
            .map(pattern -> new SlotModel(pattern, lastPhase, delivery, true, coin))
            .toList();
    Map<SlotModel, Result> results =
        Side.bySide(models, model -> new SlotExplorer(model).explore());
    for (SlotModel model : models) {
      Result result = results.get(model);
      System.out.println(model.describe() + ": " + result);
      states += result.states();
      transitions += result.transitions();
      sets += result.messageSets();
      checksum = checksum * 31 + result.messageSetsChecksum();
    }
    return new Result(states, transitions, sets, checksum, 0, List.of());
  }

  @Test
  void threeReplicasKeepEveryInvariantInEveryInterleavingOfPhase0() {
    Result single = explore(3, 0, Delivery.SINGLE, Coin.PER_REPLICA);

    assertThat(single.states()).isGreaterThanOrEqualTo(650_000);
    assertThat(single.messageSets()).isEqualTo(796);
  }

  @Test
  void threeReplicasKeepEveryInvariantForThreePhases() {
    assertThat(explore(3, 2, Delivery.FORGETFUL, Coin.PER_REPLICA).states())
        .isGreaterThanOrEqualTo(466_556);
  }

  @Test
  void fourReplicasKeepEveryInvariantForTwoPhases() {
    assertThat(explore(4, 1, Delivery.FORGETFUL, Coin.PER_REPLICA).states())
        .isGreaterThanOrEqualTo(649_987);
  }

  @Test
  void replicasThatForgetWhatTheyHeardReachTheSameMessages() {
    assertSameMessages(3, 0, Delivery.SINGLE);
    assertSameMessages(2, 3, Delivery.SINGLE);
    assertSameMessages(3, 1, Delivery.SUBSETS);
    assertSameMessages(4, 0, Delivery.SUBSETS);
  }

  private static void assertSameMessages(int n, int lastPhase, Delivery exact) {
    Result all = explore(n, lastPhase, exact, Coin.PER_REPLICA);
    Result reduced = explore(n, lastPhase, Delivery.FORGETFUL, Coin.PER_REPLICA);
    assertThat(reduced.messageSets()).isEqualTo(all.messageSets());
    assertThat(reduced.messageSetsChecksum()).isEqualTo(all.messageSetsChecksum());
  }

  @Test
  void commonCoinReachesNothingThatCoinsOfTheirOwnDoNot() {
    Result common = explore(3, 1, Delivery.FORGETFUL, Coin.COMMON);
    Result own = explore(3, 1, Delivery.FORGETFUL, Coin.PER_REPLICA);

    assertThat(common.messageSets()).isBetween(1L, own.messageSets());
  }

  @Test
  @Tag("long")
  void threeReplicasKeepEveryInvariantForFourPhases() {
    assertThat(explore(3, 3, Delivery.FORGETFUL, Coin.PER_REPLICA).states())
        .isGreaterThanOrEqualTo(9_176_603);
  }

  @Test
  @Tag("long")
  void fiveReplicasKeepEveryInvariantInPhase0() {
    assertThat(explore(5, 0, Delivery.FORGETFUL, Coin.PER_REPLICA).states())
        .isGreaterThanOrEqualTo(356_956);
  }

  @Test
  @Tag("long")
  void threeReplicasThatKeepWhatTheyHeardKeepEveryInvariantForTwoPhases() {
    long states = 0;
    for (List<Long> pattern : SlotModel.proposalPatterns(3)) {
      SlotModel model = new SlotModel(pattern, 1, Delivery.BATCHED, false, Coin.PER_REPLICA);
      states += new SlotExplorer(model).explore().states();
    }
    assertThat(states).isGreaterThanOrEqualTo(40_000_000);
  }
}
