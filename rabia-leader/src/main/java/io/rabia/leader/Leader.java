package io.rabia.leader;

import io.rabia.core.NodeId;
import io.rabia.leader.LeaderView.Session;
import java.util.Optional;

/**
 * One life of a process that leads or led. Immutable.
 *
 * @param session drawn at random by each life
 * @param node the member that the process is, if it is one
 */
public record Leader(long session, String name, Optional<NodeId> node) {

  static Leader of(Session session) {
    return of(session.id(), session.name(), session.node());
  }

  /**
   * @param node its id, or 0
   */
  static Leader of(long session, String name, int node) {
    return new Leader(session, name, node == 0 ? Optional.empty() : Optional.of(NodeId.of(node)));
  }

  static Optional<NodeId> node(Session session) {
    return of(session).node();
  }
}
