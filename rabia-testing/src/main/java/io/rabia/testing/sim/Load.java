package io.rabia.testing.sim;

/** How much the clients of a simulation want. */
public enum Load {
  /** Several at a time, with pauses: nodes start from rest again and again. */
  LIGHT,
  /** The next thing as soon as the last one is done, at every node. */
  STEADY
}
