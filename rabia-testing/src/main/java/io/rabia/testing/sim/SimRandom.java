package io.rabia.testing.sim;

/**
 * Random numbers that depend on nothing but the seed: SplitMix64, and {@link StrictMath}, as {@link
 * Math} may differ from one virtual machine to the next. One thread.
 */
final class SimRandom {
  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  private long state;

  SimRandom(long seed) {
    state = mix(seed + GAMMA);
  }

  private static long mix(long z) {
    long h = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    h = (h ^ (h >>> 27)) * 0x94D049BB133111EBL;
    return h ^ (h >>> 31);
  }

  long nextLong() {
    state += GAMMA;
    return mix(state);
  }

  /** A source of its own, so that what one part draws does not shift what another one does. */
  SimRandom fork() {
    return new SimRandom(nextLong());
  }

  int below(int bound) {
    return (int) between(0, bound);
  }

  /** From {@code low} to below {@code high}. */
  long between(long low, long high) {
    return low + Math.floorMod(nextLong() >>> 1, high - low);
  }

  double unit() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }

  boolean chance(double probability) {
    return unit() < probability;
  }

  /** Between {@code low} and {@code high}, each order of magnitude as likely as the next. */
  long magnitude(long low, long high) {
    return (long) (low * StrictMath.pow((double) high / low, unit()));
  }
}
