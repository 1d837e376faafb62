package io.rabia.testing.sim;

/**
 * Ends a simulated process in the middle of whatever it does; nothing may catch it but the
 * simulation.
 */
final class SimCrash extends Error {
  private static final long serialVersionUID = 1L;

  private final boolean power;

  /**
   * @param power whether its machine loses power, too
   */
  SimCrash(boolean power) {
    super("simulated crash", null, false, false);
    this.power = power;
  }

  boolean power() {
    return power;
  }
}
