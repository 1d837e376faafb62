package io.rabia.engine;

import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.Replica;
import io.rabia.engine.protocol.StateComparison.Difference;
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
  private final Consumer<Consumer<EngineListener>> listeners;
  private Set<Difference> told = Set.of();
  private @Nullable String wrong;
  private long wrongSince;

  StateAlarm(NodeId id, Consumer<Consumer<EngineListener>> listeners) {
    this.id = id;
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
      throw new RabiaException.Checksum(wrong);
    }
    Set<Difference> differences = member.replica().states().differences();
    if (differences == told) {
      return;
    }
    int own = ownOrigin(member.replica());
    for (Difference found : differences) {
      if (!told.contains(found)) {
        tell(member.replica().configuration(), found);
      }
      if (found.settled() && found.origin() == own && wrong == null) {
        wrong = "the state after slot " + slot(found) + " is not that of a majority of the members";
        wrongSince = now;
        member.failAll(new RabiaException.Closed("the node stops: " + wrong));
      }
    }
    told = differences;
  }

  private static int ownOrigin(Replica replica) {
    return replica.configuration().members().get(replica.self()).origin();
  }

  private void tell(Configuration configuration, Difference found) {
    int index = configuration.indexOf(found.origin());
    if (index < 0) {
      return;
    }
    NodeId member = configuration.members().get(index).id();
    String judged =
        found.settled()
            ? "differs from a majority's, or no majority agrees"
            : "differs, and it is not known yet whose is wrong";
    LOG.error("Node {}: member {}'s state after slot {} {}", id, member, slot(found), judged);
    listeners.accept(listener -> listener.onStateDiffers(member, slot(found), found.settled()));
  }

  private static long slot(Difference found) {
    return found.applied() - 1;
  }
}
