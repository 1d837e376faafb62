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
 * @param left those that have left lately, by id
 * @param elections those with candidates, or held back, by name
 */
public record LeaderView(
    long version,
    long logTime,
    long lastTerm,
    long lastArrival,
    List<Session> sessions,
    List<Left> left,
    List<Election> elections) {

  static final LeaderView EMPTY = new LeaderView(0, 0, 0, 0, List.of(), List.of(), List.of());

  public LeaderView {
    sessions = List.copyOf(sessions);
    left = List.copyOf(left);
    elections = List.copyOf(elections);
  }

  /**
   * A process that sends heartbeats.
   *
   * @param id drawn at random by each life of a process
   * @param number of its last command
   * @param name for people
   * @param node the member that it is, or 0
   * @param timeout nanoseconds of log time without a heartbeat after which it ends
   * @param idle nanoseconds of log time since the last heartbeat; no two commands are more than
   *     half of the timeout apart in it
   * @param beats heartbeats so far
   * @param responseMicros how long its last but one heartbeat took
   */
  public record Session(
      long id,
      long number,
      String name,
      int node,
      long timeout,
      long idle,
      long beats,
      int responseMicros) {

    Session after(long elapsed) {
      return new Session(
          id, number, name, node, timeout, idle + counted(elapsed, timeout), beats, responseMicros);
    }

    Session at(long newNumber) {
      return new Session(id, newNumber, name, node, timeout, idle, beats, responseMicros);
    }

    boolean isOver() {
      return idle > timeout;
    }
  }

  /**
   * A session that has left; forgotten when it would have ended by itself.
   *
   * @param timeout as of a session
   * @param idle nanoseconds of log time since it left, counted as for a session
   */
  public record Left(long id, long timeout, long idle) {

    Left after(long elapsed) {
      return new Left(id, timeout, idle + counted(elapsed, timeout));
    }

    boolean isOver() {
      return idle > timeout;
    }
  }

  /**
   * How much of the log time between two commands counts. All of it, as long as commands come at
   * least every half of the timeout. If they do not, the log stood still, or one member's clock has
   * leapt: neither says that a process has died. Whoever sends heartbeats as often as half of the
   * timeout has at most that behind it when the gap begins; so it is not over after the gap, and
   * its next heartbeat counts. Who is dead is over after three commands, then, however long no
   * others come.
   */
  private static long counted(long elapsed, long timeout) {
    return Math.min(Math.max(0, elapsed), timeout - timeout / 2);
  }

  /**
   * @param term of the leader, or of the last one; 0 before the first
   * @param leader its session, 0 for none
   * @param held the last leader was deposed, and nobody is elected until that is asked for
   * @param minHealthy so many processes must live for somebody to be elected
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
