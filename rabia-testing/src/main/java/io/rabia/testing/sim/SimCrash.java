package io.rabia.testing.sim;

/**
 * Ends a simulated process in the middle of whatever it does; nothing may catch it but the
 * simulation.
 */
final class SimCrash extends Error {
  private static final long serialVersionUID = 1L;

  SimCrash() {
    super("simulated crash", null, false, false);
  }
}
