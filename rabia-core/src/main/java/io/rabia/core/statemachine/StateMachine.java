package io.rabia.core.statemachine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * What is replicated: a deterministic function from commands to results and state. All methods are
 * called by the engine's thread, one at a time. The result of {@link #apply} must depend on nothing
 * but the state and the arguments: no clock, no random numbers, no iteration order of hash maps. A
 * {@code RuntimeException} from {@code apply} is answered to the caller as the same error at every
 * replica and the log goes on, so the state must be unchanged then, or changed alike everywhere.
 */
public interface StateMachine {

  /**
   * Executes a command.
   *
   * @param slot position in the log; several commands share one
   * @param logTime nanoseconds of the cluster's own clock, never going back; the only time there is
   * @param command its bytes from position to limit; valid only during the call
   * @return the result, kept by the engine until the client has it, and the answer to the same
   *     command if it comes again: not copied, must not be changed afterwards
   */
  byte[] apply(long slot, long logTime, ByteBuffer command);

  /**
   * A command of a batch that is about to be applied: of a batch of many, one call for each before
   * the first {@link #apply}, also for one that turns out to have been executed before. A machine
   * with a state that is larger than a processor's caches may touch what the command will need, so
   * that the processor waits for the memory of several at once. It changes nothing, and does not
   * reckon with being called; what it throws is nothing. By default nothing; parts of a composite
   * are not called.
   *
   * @param command its bytes from position to limit; read only, valid only during the call
   */
  default void prepare(ByteBuffer command) {}

  /** Answers a query without changing the state. */
  byte[] query(ByteBuffer query);

  /** Writes the whole state. */
  void snapshot(OutputStream target) throws IOException;

  /**
   * The whole state as it is now, for another thread to write while commands go on. Nothing else
   * happens meanwhile, so this should take little time. By default the state is written into memory
   * at once; a machine with much of it returns a view that shares what does not change.
   */
  default StateView freeze() throws IOException {
    ByteArrayOutputStream copy = new ByteArrayOutputStream();
    snapshot(copy);
    return copy::writeTo;
  }

  /**
   * Replaces the whole state by one written by {@link #snapshot}. When it throws, the state may be
   * anything: the node stops, and serves nothing of it; started again, it reads the snapshot anew.
   */
  void restore(InputStream source) throws IOException;

  /** A hash of the state, equal at replicas that applied the same slots. */
  long stateHash();
}
