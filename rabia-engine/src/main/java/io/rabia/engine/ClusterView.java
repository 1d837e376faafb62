package io.rabia.engine;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.engine.protocol.Configuration;
import java.util.ArrayList;
import java.util.List;

/**
 * A configuration as operators see it: who the members are, and the window. What is to follow it is
 * made from it, so that a change which meets another one is refused. Immutable.
 *
 * @param epoch counts the changes
 * @param firstSlot the first slot that it governs
 */
public record ClusterView(
    long epoch, long firstSlot, int alpha, List<ClusterConfig.Member> members) {

  public ClusterView {
    members = List.copyOf(members);
  }

  static ClusterView of(Configuration configuration) {
    return new ClusterView(
        configuration.epoch(),
        configuration.firstSlot(),
        configuration.alpha(),
        configuration.members().stream()
            .map(m -> new ClusterConfig.Member(m.id(), m.host(), m.port()))
            .toList());
  }

  public boolean has(NodeId id) {
    return members.stream().anyMatch(m -> m.id().equals(id));
  }

  /** With one more member, or with another address of one. */
  public ClusterView with(NodeId id, String host, int port) {
    List<ClusterConfig.Member> next = new ArrayList<>(members);
    ClusterConfig.Member member = new ClusterConfig.Member(id, host, port);
    next.replaceAll(m -> m.id().equals(id) ? member : m);
    if (!next.contains(member)) {
      next.add(member);
    }
    return with(next);
  }

  /**
   * @throws RabiaException.Validation when it is not there
   */
  public ClusterView without(NodeId id) {
    if (!has(id)) {
      throw new RabiaException.Validation("there is no member " + id + " in " + members);
    }
    return with(members.stream().filter(m -> !m.id().equals(id)).toList());
  }

  /** With these members and no others. */
  public ClusterView with(List<ClusterConfig.Member> next) {
    return new ClusterView(epoch, firstSlot, alpha, next);
  }

  /** With another window, in slots. */
  public ClusterView withAlpha(int slots) {
    return new ClusterView(epoch, firstSlot, slots, members);
  }
}
