package io.rabia.leader;

import io.rabia.core.NodeId;
import java.util.function.Predicate;

/** Which events a subscriber wants. Immutable; thread-safe if a custom predicate is. */
public sealed interface LeaderNotificationFilter {

  boolean matches(LeaderEvent event);

  /** Everything. */
  record All() implements LeaderNotificationFilter {
    @Override
    public boolean matches(LeaderEvent event) {
      return true;
    }
  }

  /** Who leads, and heartbeats. */
  record Leadership() implements LeaderNotificationFilter {
    @Override
    public boolean matches(LeaderEvent event) {
      return event instanceof LeaderEvent.Leadership;
    }
  }

  /** The members and the processes on them. */
  record Topology() implements LeaderNotificationFilter {
    @Override
    public boolean matches(LeaderEvent event) {
      return event instanceof LeaderEvent.Topology;
    }
  }

  /** Whether the log goes on. */
  record Consensus() implements LeaderNotificationFilter {
    @Override
    public boolean matches(LeaderEvent event) {
      return event instanceof LeaderEvent.Consensus;
    }
  }

  /** What is about one member. */
  record Node(NodeId id) implements LeaderNotificationFilter {
    @Override
    public boolean matches(LeaderEvent event) {
      return event.about().filter(id::equals).isPresent();
    }
  }

  /**
   * What the predicate says; one that throws lets nothing pass. Asked on the subscription's thread,
   * so what it leaves out takes room in the queue, too.
   */
  record Custom(Predicate<LeaderEvent> predicate) implements LeaderNotificationFilter {
    @Override
    public boolean matches(LeaderEvent event) {
      return predicate.test(event);
    }
  }

  static LeaderNotificationFilter all() {
    return new All();
  }

  static LeaderNotificationFilter leadership() {
    return new Leadership();
  }

  static LeaderNotificationFilter topology() {
    return new Topology();
  }

  static LeaderNotificationFilter consensus() {
    return new Consensus();
  }

  static LeaderNotificationFilter node(NodeId id) {
    return new Node(id);
  }

  static LeaderNotificationFilter custom(Predicate<LeaderEvent> predicate) {
    return new Custom(predicate);
  }
}
