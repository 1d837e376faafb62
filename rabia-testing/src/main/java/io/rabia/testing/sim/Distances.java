package io.rabia.testing.sim;

/** How long frames travel without a fault. */
public enum Distances {
  /** Drawn by seed, the same range between any two members: from 50 us to 20 ms. */
  DRAWN,
  /** About 0.1 ms between any two members. */
  NEAR,
  /** About 1 ms to and from the last member, 0.1 ms between the others. */
  ONE_FAR
}
