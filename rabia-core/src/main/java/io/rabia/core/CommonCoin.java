package io.rabia.core;

/**
 * The common coin: one bit that every replica computes alike for a phase of a slot, without state
 * or messages (paper, section 4; Rabin 1983). A keyed mixing hash of (cluster secret, epoch, slot,
 * phase). Safety holds for any coin; termination wants that the network's schedule does not know
 * it. Pure function.
 */
public interface CommonCoin {

  boolean flip(long epoch, long slot, int phase);

  /** The coin of a cluster whose secret hashes to these two words. */
  static CommonCoin keyed(long key0, long key1) {
    return (epoch, slot, phase) -> {
      long h = mix(key0 ^ mix(epoch + 0x9E3779B97F4A7C15L));
      h = mix(h ^ slot) + key1;
      h = mix(h ^ (phase * 0xD1B54A32D192ED03L));
      return (mix(h ^ key1) & 1) != 0;
    };
  }

  /** The finalizer of SplitMix64: every input bit reaches every output bit. */
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
