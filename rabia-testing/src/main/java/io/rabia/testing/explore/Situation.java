package io.rabia.testing.explore;

import java.util.List;

/**
 * Where explorations of whole replicas start: commands of a {@link Scenario}. Each is a sort of
 * trouble that may be no more than a departure or two away from a broken promise.
 */
public enum Situation {
  /** Two commands that split the first round, and a read. */
  AT_REST("cluster 3", "submit A a", "submit B b", "read C"),

  /** A has decided, B has voted and knows no more, C has heard of it from B alone and reads. */
  READ_BY_ONE_THAT_IS_BEHIND(
      "cluster 3", "block A>C", "block B>C", "submit A a", "run", "read C", "run", "unblock B>C"),

  /** The same with a B that has restarted since it voted. */
  READ_ANSWERED_BY_ONE_THAT_RESTARTED(
      "cluster 3",
      "block A>C",
      "block B>C",
      "submit A a",
      "run",
      "block A>B",
      "crash B",
      "restart B",
      "read C",
      "run",
      "unblock B>C"),

  /** Something is applied, a member has restarted and its caller goes on. */
  COMMAND_AFTER_A_RESTART(
      "cluster 3", "submit A a", "settle", "crash A", "restart A", "submit A b"),

  /** B is dead, its batch is at C alone, which votes for it. */
  BATCH_OF_A_DEAD_MEMBER(
      "cluster 3", "submit B b", "force B", "deliver B>C", "force C", "crash B", "submit A a"),

  /** The same, but C had proposed NOOP in the batch's slot before it came. */
  LATE_BATCH_OF_A_DEAD_MEMBER(
      "cluster 3", "submit C c", "force C", "submit B b", "force B", "deliver B>C", "crash B"),

  /**
   * A has proposed and voted, its vote is not durable; C has proposed something else; B, which
   * voted as A did, is dead.
   */
  VOTE_THAT_IS_NOT_DURABLE(
      "cluster 3",
      "slow A",
      "block A>C",
      "submit A a",
      "force A",
      "submit C c",
      "force C",
      "deliver A>B",
      "force B",
      "deliver B>A",
      "crash B"),

  /** A lost power before its second Propose was durable; its caller goes on. */
  PROPOSAL_THAT_IS_NOT_DURABLE(
      "cluster 3",
      "submit A a",
      "settle",
      "slow A",
      "submit A b",
      "run",
      "crash A",
      "restart A",
      "submit A c"),

  /** C has restarted with the batch of a quiet B in an open slot, and starts another round. */
  OPEN_SLOT_AFTER_A_RESTART(
      "cluster 3",
      "submit B b",
      "force B",
      "deliver B>C",
      "force C",
      "crash C",
      "restart C",
      "submit C c"),

  /** A is cut off, and so are its commands. */
  PARTITION("cluster 3", "cut A B", "cut A C", "submit A a", "submit B b"),

  /** C comes back after more than a window of slots, with a command of its own. */
  LAGGARD(
      "cluster 3",
      "cut A C",
      "cut B C",
      "submit C c",
      "submit A a",
      "settle A B",
      "submit A a",
      "settle A B",
      "submit B b",
      "settle A B",
      "submit A a",
      "run"),

  /**
   * Slot 1: A proposed NOOP, B and C a batch; A and B voted VQUESTION and then V0, C V1 and V1; A
   * and B have heard that and vote VQUESTION. Nobody has heard more, and the coin shows V1.
   */
  SPLIT_VOTES(
      "cluster 3 heads",
      "block A>B",
      "block A>C",
      "block B>A",
      "block B>C",
      "block C>A",
      "block C>B",
      "submit A a",
      "submit B b",
      "run",
      "deliver B>C",
      "deliver A>B",
      "deliver B>A",
      "run",
      "tick 6",
      "run",
      "deliver A>C all",
      "run",
      "deliver A>B all",
      "deliver B>A all",
      "run",
      "deliver C>A all",
      "deliver C>B all",
      "run",
      "tick 6",
      "run"),

  /** As {@link #AT_REST} among four. */
  FOUR_AT_REST("cluster 4", "submit A a", "submit B b", "read C"),

  /** As {@link #AT_REST} among five. */
  FIVE_AT_REST("cluster 5", "submit A a", "submit B b", "read C");

  private final List<String> commands;

  Situation(String... commands) {
    this.commands = List.of(commands);
  }

  List<String> commands() {
    return commands;
  }
}
