package io.rabia.testing.sim;

import io.rabia.core.CommonCoin;
import java.util.function.BooleanSupplier;

/** The coins of a run: the protocol's, or bad ones, by seed. One thread. */
final class Coins {
  private final long seed;
  private final Faults faults;
  private final BooleanSupplier splitting;
  private CommonCoin known = CommonCoin.keyed(0, 0);

  /**
   * @param splitting whether a scheduler that knows the coin is at work
   */
  Coins(long seed, Faults faults, BooleanSupplier splitting) {
    this.seed = seed;
    this.faults = faults;
    this.splitting = splitting;
  }

  /** The coin of a member. */
  CommonCoin of(int member, long key0, long key1) {
    boolean bad = faults.has(Fault.COIN);
    CommonCoin coin = bad ? bad(member, key0, key1) : CommonCoin.keyed(key0, key1);
    known = coin;
    return (epoch, slot, phase) -> {
      if (bad) {
        faults.fired(Fault.COIN);
      }
      if (splitting.getAsBoolean()) {
        faults.fired(Fault.SPLIT);
      }
      return coin.flip(epoch, slot, phase);
    };
  }

  private CommonCoin bad(int member, long key0, long key1) {
    return switch ((int) (seed >> 1 & 3)) {
      case 0 -> (epoch, slot, phase) -> false;
      case 1 -> (epoch, slot, phase) -> true;
      case 2 -> (epoch, slot, phase) -> phase % 2 == 1;
      default -> CommonCoin.keyed(key0 + member, key1);
    };
  }

  /** The coin as a scheduler may know it. */
  CommonCoin known() {
    return known;
  }
}
