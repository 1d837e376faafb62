package io.rabia.testing.explore;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

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
  FIVE_AT_REST("cluster 5", "submit A a", "submit B b", "read C"),

  /** A and B decide that C, D and E govern, D and E decide a write; C, behind, reads. */
  READ_ACROSS_A_CHANGE(
      "cluster 3 any",
      "join D",
      "join E",
      "run",
      "block A>C",
      "block B>C",
      "block D>C",
      "block E>C",
      "block D>A",
      "block E>A",
      "block D>B",
      "block E>B",
      "change A CDE",
      "settle D E",
      "submit D d",
      "settle D E",
      "read C",
      "run"),

  /** B hears of slots that others govern before it knows that they do; their order is another. */
  REPLACED_UNHEARD_OF(
      "cluster 3 any",
      "join D",
      "run",
      "cut A B",
      "cut B C",
      "cut B D",
      "change A DBA",
      "settle A C D",
      "submit A a",
      "submit A a",
      "slow D",
      "run",
      "heal A B",
      "heal B D",
      "read B"),

  /** As before, and those who govern are five. */
  GROWN_UNHEARD_OF(
      "cluster 3 any",
      "join D",
      "join E",
      "run",
      "cut A C",
      "cut B C",
      "cut C D",
      "cut C E",
      "change A ABCDE",
      "settle A B D E",
      "block B>D",
      "block A>E",
      "block B>E",
      "block D>E",
      "submit A a",
      "run",
      "heal A C",
      "heal B C"),

  /** B wants a change after the one that A wants, and before that one governs. */
  CHANGED_TWICE(
      "cluster 3 any",
      "join D",
      "submit A a",
      "submit B b",
      "submit C c",
      "settle",
      "change A ABCD",
      "change B ABD 8 1",
      "submit A a",
      "submit A a",
      "submit A a",
      "submit C c"),

  /** C has taken part in open slots, has lost its votes and is to come back as D. */
  VOTES_LOST(
      "cluster 3 any",
      "block C>A",
      "block C>B",
      "submit A a",
      "submit B b",
      "submit C c",
      "run",
      "lose C D",
      "return A D",
      "read B"),

  /** The same, and slots of D's reign are under way already. */
  VOTES_BACK(
      "cluster 3 any",
      "submit C c",
      "run",
      "block C>A",
      "block C>B",
      "submit A a",
      "submit C c",
      "run",
      "lose C D",
      "return A D",
      "submit A a",
      "submit B b",
      "submit A a",
      "run",
      "read D"),

  /** A slot is split where the coin decides, when C loses its votes. */
  VOTES_LOST_BEFORE_THE_COIN(
      "cluster 3 any",
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
      "run",
      "lose C D",
      "return A D",
      "read B"),

  /** Two changes at once: C comes back as E, and D is to be a member. */
  VOTES_LOST_DURING_A_CHANGE(
      "cluster 3 any",
      "join D",
      "run",
      "block C>A",
      "block C>B",
      "change A ABCD",
      "submit C c",
      "run",
      "lose C E",
      "return B E",
      "read A"),

  /** D becomes a member, with commands under way on both sides of its first slot. */
  ADDED(
      "cluster 3 any",
      "join D",
      "run",
      "change A ABCD",
      "submit A a",
      "submit B b",
      "submit A a",
      "submit C c",
      "submit A a",
      "run",
      "block C>A",
      "block C>B",
      "block C>D",
      "submit B b",
      "read C"),

  /** C leaves, with commands of its own under way. */
  REMOVED(
      "cluster 3 any",
      "block C>A",
      "change A AB",
      "submit C c",
      "submit A a",
      "submit C c",
      "run",
      "submit A a",
      "submit C c",
      "read B"),

  /** D takes the place of C; the last vote that lets the others know is under way. */
  REPLACED(
      "cluster 3 any",
      "join D",
      "run",
      "block C>A",
      "block C>B",
      "block C>D",
      "change A ABD",
      "submit A a",
      "submit C c",
      "submit A a",
      "run",
      "read C"),

  /** The window shrinks; then D takes C's place, while B is behind the first of the two. */
  WINDOW_SHRINKS(
      "cluster 3 any 16",
      "join D",
      "run",
      "change A ABC 8",
      "submit A a",
      "submit A a",
      "submit B b",
      "run",
      "cut A B",
      "cut B C",
      "cut B D",
      "settle A C D",
      "change A ABD",
      "settle A C D",
      "heal A B",
      "heal B D",
      "submit A a",
      "submit D d"),

  /** All are replaced at once, D has a command. */
  ALL_REPLACED(
      "cluster 3 any",
      "join D",
      "join E",
      "join F",
      "run",
      "change A DEF",
      "submit B b",
      "run",
      "submit D d",
      "submit E e",
      "read A"),

  /** As {@link #AT_REST}, with batches that are offered: each has used a number already. */
  OFFERED_AT_REST(
      "offers; cluster 3 any; submit A w; submit B w; submit C w; settle",
      "submit A a; submit B b; read C"),

  /** B alone has heard the Offer and proposed it; A has forgotten it, and its caller goes on. */
  OFFER_FORGOTTEN_BY_ITS_OWNER(
      "offers; cluster 3 any; submit A w; settle",
      "slow A; submit A a; deliver A>B; force B; crash A; restart A; submit A c"),

  /** B has forgotten its Propose of what A offered, of which C has not heard. */
  OFFER_FORGOTTEN_BY_A_FOLLOWER(
      "offers; cluster 3 any; submit A w; settle",
      "block A>C; block B>C; submit C c; submit A a; force A",
      "deliver A>B all; crash B; restart B; submit B b"),

  /**
   * A heard that B and C propose what it offered, and would have decided with its own Propose,
   * which it has forgotten; now it proposes something else. Nobody hears more than one other
   * Propose.
   */
  OFFER_FORGOTTEN_WHEN_ALL_HAD_PROPOSED_IT(
      "offers; cluster 3 any; submit A w; settle",
      "slow A; block B>C; block C>B; submit A a; run",
      "crash A; restart A; cut A B; cut A C; submit A c; force A; fast A; block C>A",
      "heal A B; heal A C; run; tick 6; run"),

  /** B and C have voted, since A's Propose takes long; C has forgotten its vote. */
  OFFER_HELD_IN_VAIN(
      "offers; cluster 3 any; submit A w; settle",
      "slow A; submit A a; run; slow C; tick 6; run; crash C; restart C"),

  /** A's first batch, of whose number nothing is safe, was forgotten; the next one has it, too. */
  NUMBER_THAT_IS_NOT_SAFE(
      "offers; cluster 3 any; slow A; submit A a; run; crash A; restart A; submit A b; run",
      "fast A; run; submit A c"),

  /** As {@link #OFFERED_AT_REST} among four: one of them alone may fail. */
  FOUR_OFFERED(
      "offers; cluster 4 any; submit A w; submit B w; settle", "submit A a; submit B b; read C"),

  /** As {@link #OFFERED_AT_REST} among five. */
  FIVE_OFFERED(
      "offers; cluster 5 any; submit A w; submit B w; settle", "submit A a; submit B b; read C"),

  /** C has offered a batch to A alone when it loses its votes; it comes back as D. */
  OFFERED_BY_ONE_THAT_LOSES_ITS_VOTES(
      "offers; cluster 3 any; submit C w; settle",
      "slow C; submit C c; deliver C>A; force A; lose C D; return A D; read B");

  /** Those in which the configuration changes. */
  static final Set<Situation> OF_CHANGES = EnumSet.range(READ_ACROSS_A_CHANGE, ALL_REPLACED);

  /** Those in which batches are sent ahead of the Proposes that wait for a force. */
  static final Set<Situation> OF_OFFERS =
      EnumSet.range(OFFERED_AT_REST, OFFERED_BY_ONE_THAT_LOSES_ITS_VOTES);

  private final List<String> commands;

  Situation(String... commands) {
    this.commands = List.of(String.join("; ", commands).split("; "));
  }

  List<String> commands() {
    return commands;
  }
}
