package io.rabia.testing.sim;

import io.rabia.core.Submitter;
import io.rabia.core.statemachine.StateMachine;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Something else that lives in every process of a simulation, over the same log as the clients: a
 * state machine beside theirs, and what a process does with it. It takes part in every pause and
 * death of its process, draws nothing but from the seed, and is called by the one thread of the
 * simulation; nodes are counted from 0.
 */
public interface Guest {
  /** An empty one, for a process that starts. */
  StateMachine machine(int node);

  /**
   * A process has started.
   *
   * @param log leads to the guest's state machine, through this process; futures complete while the
   *     process runs, or never when it dies; local reads are answered at once
   * @param monotonic nanoseconds, of the clock of its machine
   */
  void begins(int node, Submitter log, LongSupplier monotonic);

  /** Every 20 ms of virtual time, unless the process stands still; not any more once it is live. */
  void step(int node);

  /** The process is gone, if there was one. */
  void ends(int node);

  /** The first promise that was broken, or null. */
  @Nullable String violation();

  /** Does it do what it is for? Asked again and again once everything has healed. */
  boolean isLive();
}
