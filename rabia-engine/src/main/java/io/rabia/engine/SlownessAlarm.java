package io.rabia.engine;

import io.rabia.core.NodeId;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells, looking once a second, when the own disk is slow or not any more, and which members are
 * late. One thread.
 */
final class SlownessAlarm {
  private static final Logger LOG = LoggerFactory.getLogger(SlownessAlarm.class);
  private static final long SECOND = 1_000_000_000;

  private final NodeId id;
  private final Consumer<Consumer<EngineListener>> listeners;
  private Set<NodeId> toldLate = Set.of();
  private boolean toldSlow;
  private long lookedAt;

  SlownessAlarm(NodeId id, Consumer<Consumer<EngineListener>> listeners) {
    this.id = id;
    this.listeners = listeners;
  }

  void watch(Member member, long now) {
    if (now - lookedAt < SECOND) {
      return;
    }
    lookedAt = now;
    ForceTimes forces = member.forceTimes();
    if (forces.areSlow() != toldSlow) {
      toldSlow = forces.areSlow();
      tellDisk(forces.nanos() / 1000);
    }
    Set<NodeId> late = new TreeSet<>(member.late());
    if (!late.equals(toldLate)) {
      late.stream().filter(peer -> !toldLate.contains(peer)).forEach(peer -> tell(peer, true));
      toldLate.stream().filter(peer -> !late.contains(peer)).forEach(peer -> tell(peer, false));
      toldLate = late;
    }
  }

  private void tellDisk(long micros) {
    boolean slow = toldSlow;
    if (slow) {
      LOG.warn("Node {}: the disk is slow, a force of the log takes {} us", id, micros);
    } else {
      LOG.info("Node {}: the disk is as fast as it should be again", id);
    }
    listeners.accept(listener -> listener.onSlowDisk(slow));
  }

  private void tell(NodeId peer, boolean late) {
    LOG.info(
        "Node {}: member {} {}", id, peer, late ? "is late as a rule" : "is not late any more");
    listeners.accept(listener -> listener.onMemberLate(peer, late));
  }
}
