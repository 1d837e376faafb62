package io.rabia.leader;

import java.util.List;
import java.util.Optional;

/**
 * The whole replicated state of leadership at one place of the log. Immutable.
 *
 * @param version of this state; only grows
 * @param logTime of the last command, in nanoseconds of the cluster's clock
 * @param lastTerm the highest term that was given out so far, over all elections
 * @param lastArrival counts the candidacies so far
 * @param sessions those that live, by id
 * @param elections those with candidates, or held back, by name
 */
public record LeaderView(
    long version,
    long logTime,
    long lastTerm,
    long lastArrival,
    List<Session> sessions,
    List<Election> elections) {

  static final LeaderView EMPTY = new LeaderView(0, 0, 0, 0, List.of(), List.of());

  public LeaderView {
    sessions = List.copyOf(sessions);
    elections = List.copyOf(elections);
  }

  /**
   * A process that sends heartbeats.
   *
   * @param id drawn at random by each life of a process
   * @param name for people
   * @param node the member that it is, or 0
   * @param timeout nanoseconds of log time after the last heartbeat when it ends
   * @param lastBeat log time of that
   * @param beats heartbeats so far
   * @param responseMicros how long its last but one heartbeat took
   */
  public record Session(
      long id, String name, int node, long timeout, long lastBeat, long beats, int responseMicros) {

    boolean isOver(long logTime) {
      return logTime - lastBeat > timeout;
    }
  }

  /**
   * @param term of the leader, or of the last one; 0 before the first
   * @param leader its session, 0 for none
   * @param held the last leader was deposed, and nobody is elected until that is asked for
   * @param minHealthy so many sessions must live for somebody to be elected
   * @param autoFailover whether another one is elected when the leader is deposed
   * @param candidates the leader is one of them
   */
  public record Election(
      String name,
      long term,
      long leader,
      boolean held,
      int minHealthy,
      boolean autoFailover,
      List<Candidate> candidates) {

    public Election {
      candidates = List.copyOf(candidates);
    }

    Election without(long session) {
      return with(
          leader == session ? 0 : leader,
          held,
          candidates.stream().filter(candidate -> candidate.session() != session).toList());
    }

    Election with(long newLeader, boolean newHeld, List<Candidate> newCandidates) {
      return new Election(name, term, newLeader, newHeld, minHealthy, autoFailover, newCandidates);
    }

    Election ledBy(long session, long newTerm) {
      return new Election(name, newTerm, session, held, minHealthy, autoFailover, candidates);
    }
  }

  /**
   * @param arrival the number of its candidacy
   */
  public record Candidate(long session, int priority, long arrival) {}

  public Optional<Session> session(long id) {
    return sessions.stream().filter(session -> session.id() == id).findFirst();
  }

  public Optional<Election> election(String name) {
    return elections.stream().filter(election -> election.name().equals(name)).findFirst();
  }
}
