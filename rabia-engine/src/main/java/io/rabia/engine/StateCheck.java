package io.rabia.engine;

import io.rabia.core.RabiaException;
import io.rabia.engine.protocol.Replica;
import io.rabia.engine.protocol.StateComparison;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hashes the own state after every so many slots, for {@link StateComparison}; and whenever nothing
 * else is going on, while members are known to differ and it is not known who is wrong: at rest all
 * have applied the same slots. One thread.
 */
final class StateCheck {
  private static final Logger LOG = LoggerFactory.getLogger(StateCheck.class);

  private final Replica replica;
  private final LongSupplier hash;
  private final long interval;
  private boolean able;
  private long hashedAt;

  /**
   * @param interval in slots; 0 for never
   */
  StateCheck(Replica replica, LongSupplier hash, long interval) {
    this.replica = replica;
    this.hash = hash;
    this.interval = interval;
    able = interval > 0;
  }

  /** One more slot was applied. */
  void applied() {
    if (able && replica.applied() % interval == 0) {
      compare();
    }
  }

  /**
   * While states differ it is not waited for the next comparison. One that nobody was told of yet
   * goes first: the others may have that one, and would not have this.
   */
  void advance(long now, long patience) {
    StateComparison states = replica.states();
    if (able
        && states.disputed()
        && !states.hasNews()
        && replica.applied() > states.applied()
        && now - hashedAt >= patience) {
      hashedAt = now;
      compare();
    }
  }

  private void compare() {
    try {
      replica.hashed(hash.getAsLong());
    } catch (RabiaException.StateMachineFailure e) {
      able = false;
      LOG.warn("The state is compared with other members' no more: {}", e.getMessage());
    }
  }
}
