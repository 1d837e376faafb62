package io.rabia.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommonCoinTest {
  private static final long KEY0 = 0x0123456789ABCDEFL;
  private static final long KEY1 = 0xFEDCBA9876543210L;

  /**
   * Computed by another program; a replica that flips otherwise cannot share a cluster with this
   * version.
   */
  @ParameterizedTest
  @CsvSource({
    "0,0011001011000000101100000000000110110000000100101100111011101101",
    "1,0111011100100001011000001001000011110011110111000101110110100011",
    "7,1110100000111001001011010011011100110101100110101010101001100011"
  })
  void flipsAsItAlwaysDid(long epoch, String expected) {
    CommonCoin coin = CommonCoin.keyed(KEY0, KEY1);
    StringBuilder flips = new StringBuilder();
    for (long slot = 0; slot < 8; slot++) {
      for (int phase = 1; phase <= 8; phase++) {
        flips.append(coin.flip(epoch, slot, phase) ? '1' : '0');
      }
    }
    assertThat(flips).hasToString(expected);
  }

  @Test
  void isBalancedOverSlotsPhasesAndEpochs() {
    CommonCoin coin = CommonCoin.keyed(KEY0, KEY1);
    assertThat(heads(i -> coin.flip(0, i, 1))).isEqualTo(0.5, within(0.01));
    assertThat(heads(i -> coin.flip(0, 17, i + 1))).isEqualTo(0.5, within(0.01));
    assertThat(heads(i -> coin.flip(i, 17, 1))).isEqualTo(0.5, within(0.01));
  }

  @Test
  void oneFlipSaysNothingAboutTheNextOrAnotherClusters() {
    CommonCoin coin = CommonCoin.keyed(KEY0, KEY1);
    CommonCoin other = CommonCoin.keyed(KEY0, KEY1 ^ 1);
    assertThat(heads(i -> coin.flip(0, i, 1) == coin.flip(0, i, 2))).isEqualTo(0.5, within(0.01));
    assertThat(heads(i -> coin.flip(0, i, 1) == coin.flip(0, i + 1, 1)))
        .isEqualTo(0.5, within(0.01));
    assertThat(heads(i -> coin.flip(0, i, 1) == other.flip(0, i, 1))).isEqualTo(0.5, within(0.01));
  }

  private interface Flip {
    boolean at(int i);
  }

  private static double heads(Flip flip) {
    int flips = 100_000;
    int heads = 0;
    for (int i = 0; i < flips; i++) {
      heads += flip.at(i) ? 1 : 0;
    }
    return (double) heads / flips;
  }
}
