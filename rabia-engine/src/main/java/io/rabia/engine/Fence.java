package io.rabia.engine;

import io.rabia.core.statemachine.StateMachine;
import java.nio.ByteBuffer;

/**
 * A part of a {@link CompositeStateMachine} that gives out fencing tokens and knows which of them
 * are valid: commands for the other parts may carry one, and are not executed when it is not.
 * Called by the engine's thread.
 */
public interface Fence extends StateMachine {

  /**
   * Is the token valid at this place of the log? Changes nothing, depends on nothing but the state
   * and the arguments.
   *
   * @param logTime of the slot, as in {@link StateMachine#apply}
   */
  boolean admits(long logTime, ByteBuffer token);
}
