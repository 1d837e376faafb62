package io.rabia.leader;

/** What changes the state of leadership. Times are nanoseconds of log time. Immutable. */
sealed interface LeaderCommand {

  /** Of the sender; drawn at random by each life of a process, not 0. */
  long session();

  /**
   * Counts the commands of a session, from 1. One that is applied after a later one, or again, or
   * after the session has left, changes nothing and is answered by {@link
   * LeaderResult.Reason#LATE}.
   */
  long number();

  /**
   * The process of this session lives; the first one opens the session. Answered by {@link
   * LeaderResult.Beaten}.
   *
   * @param node the id of the member that the process is, or 0
   * @param timeout so long after its last heartbeat the session ends
   * @param responseMicros how long the last heartbeat took
   */
  record Beat(long session, long number, String name, int node, long timeout, int responseMicros)
      implements LeaderCommand {}

  /**
   * Ends the session at once, for ever. Answered by {@link LeaderResult.Done}.
   *
   * @param timeout so long it is remembered, for what comes late
   */
  record Leave(long session, long number, long timeout) implements LeaderCommand {}

  /**
   * The session wants to be elected. The rules of whoever campaigned last are those of the
   * election; but who asks for no number of processes takes nothing from what others who stand ask
   * for. Answered by {@link LeaderResult.Done} or {@link LeaderResult.Rejected}.
   *
   * @param priority the highest is elected, among equals who came first
   */
  record Campaign(
      long session,
      long number,
      String election,
      int priority,
      int minHealthy,
      boolean autoFailover)
      implements LeaderCommand {}

  /** The session wants to be elected no more, nor lead. Answered by {@link LeaderResult.Done}. */
  record Withdraw(long session, long number, String election) implements LeaderCommand {}

  /**
   * Elects anew, whoever leads; an election that was held back goes on. The session need not live.
   * Answered by {@link LeaderResult.Done} or {@link LeaderResult.Rejected}.
   */
  record Trigger(long session, long number, String election) implements LeaderCommand {}
}
