package io.rabia.testing.sim;

/**
 * What a member says at most once in a slot: its proposal, or its vote in a round of a phase.
 * Immutable.
 *
 * @param kind {@code propose}, {@code vote1} or {@code vote2}
 * @param phase with a stroke before it, empty for a proposal
 */
record Word(String kind, long slot, String phase) {
  static final String PROPOSE = "propose";
  static final String VOTE1 = "vote1";
  static final String VOTE2 = "vote2";

  static Word proposal(long slot) {
    return new Word(PROPOSE, slot, "");
  }

  static Word vote(String round, long slot, int phase) {
    return new Word(round, slot, "/" + phase);
  }

  /** Without the slot. */
  String name() {
    return kind + phase;
  }

  @Override
  public String toString() {
    return kind + " " + slot + phase;
  }
}
