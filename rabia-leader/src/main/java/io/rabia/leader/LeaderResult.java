package io.rabia.leader;

import java.util.Map;

/** What became of a {@link LeaderCommand}. Immutable. */
sealed interface LeaderResult {

  /**
   * @param fresh the session was not there before: what it campaigned for it campaigns for no more
   * @param version of the state, which only grows
   * @param terms the elections that this session leads, with their terms
   */
  record Beaten(boolean fresh, long version, Map<String, Long> terms) implements LeaderResult {
    public Beaten {
      terms = Map.copyOf(terms);
    }
  }

  /**
   * @param term that the session leads now, or that was begun; 0 for none
   */
  record Done(long version, long term) implements LeaderResult {}

  /** Nothing was done. */
  record Rejected(Reason reason) implements LeaderResult {}

  /** Why a command was rejected. */
  enum Reason {
    /** The session has ended. */
    NO_SESSION,
    /** There are as many sessions, elections or candidates as can be. */
    TOO_MANY,
    /** Fewer processes live than the election asks for. */
    TOO_FEW_HEALTHY,
    /** The bytes are no command. */
    MALFORMED,
    /** A later command of the session was applied before, or the session has left. */
    LATE
  }
}
