package io.rabia.engine;

import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Persistence;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.StateComparison.Difference;
import io.rabia.engine.protocol.StateComparison.Verdict;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of members whose states differ, once each, and ends the node when its own is wrong: it
 * answers nothing more from then on, and goes on for a moment, so that the others hear what its
 * state was like. One thread.
 */
final class StateAlarm {
  private static final Logger LOG = LoggerFactory.getLogger(StateAlarm.class);
  private static final long MOMENT_NANOS = 100_000_000;

  private final NodeId id;
  private final Persistence persistence;
  private final Consumer<Consumer<EngineListener>> listeners;
  private Set<Difference> told = Set.of();
  private @Nullable String wrong;
  private long wrongSince;
  private boolean contradicted;

  StateAlarm(NodeId id, Persistence persistence, Consumer<Consumer<EngineListener>> listeners) {
    this.id = id;
    this.persistence = persistence;
    this.listeners = listeners;
  }

  /** May its answers be wrong? */
  boolean isSilent(Member member) {
    return wrong != null || member.replica().states().disputed();
  }

  /**
   * @throws RabiaException.Checksum when this node must not go on
   */
  void watch(Member member, long now) {
    if (wrong != null && now - wrongSince >= MOMENT_NANOS) {
      stop(wrong);
    }
    Set<Difference> differences = member.replica().states().differences();
    if (differences == told) {
      return;
    }
    int own = member.replica().ownOrigin();
    for (Difference found : differences) {
      if (!told.contains(found)) {
        tell(member.replica().configuration(), found);
      }
      if (found.verdict().isSettled() && found.origin() == own && wrong == null) {
        wrong = "the state after slot " + slot(found) + " is not that of a majority of the members";
        wrongSince = now;
        contradicted = found.verdict() == Verdict.CONTRADICTED;
        member.failAll(new RabiaException.Closed("the node stops: " + wrong));
      }
    }
    told = differences;
  }

  /**
   * Whom a majority contradicts comes back without its state, and without its votes as whoever lost
   * its log. Where nobody is known to be right, all is left as it is for people to look at.
   */
  private void stop(String why) {
    if (contradicted) {
      persistence.disown(why, false);
    }
    throw new RabiaException.Checksum(why);
  }

  private void tell(Configuration configuration, Difference found) {
    int index = configuration.indexOf(found.origin());
    if (index < 0) {
      return;
    }
    NodeId member = configuration.members().get(index).id();
    String judged =
        found.verdict().isSettled()
            ? "differs from a majority's, or no majority agrees"
            : "differs, and it is not known yet whose is wrong";
    LOG.error("Node {}: member {}'s state after slot {} {}", id, member, slot(found), judged);
    listeners.accept(
        listener -> listener.onStateDiffers(member, slot(found), found.verdict().isSettled()));
  }

  private static long slot(Difference found) {
    return found.applied() - 1;
  }
}
