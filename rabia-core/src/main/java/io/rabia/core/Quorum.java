package io.rabia.core;

/** All threshold arithmetic of the protocol, for odd and even n; nowhere else. Pure functions. */
public final class Quorum {

  private Quorum() {}

  /** Q: how many messages a round waits for; a majority. */
  public static int size(int n) {
    if (n < 1) {
      throw new IllegalArgumentException("a configuration has at least one member: " + n);
    }
    return n / 2 + 1;
  }

  /** f: how many crashes are tolerated. */
  public static int faults(int n) {
    return n - size(n);
  }

  /** f + 1: how many equal second-round votes decide. Every quorum meets every set of this size. */
  public static int decision(int n) {
    return faults(n) + 1;
  }
}
