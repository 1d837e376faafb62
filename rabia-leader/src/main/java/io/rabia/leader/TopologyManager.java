package io.rabia.leader;

import io.rabia.core.NodeId;
import io.rabia.core.Quorum;
import io.rabia.engine.ClusterView;
import io.rabia.engine.EngineListener;
import io.rabia.engine.EngineState;
import io.rabia.leader.LeaderView.Candidate;
import io.rabia.leader.LeaderView.Election;
import io.rabia.leader.LeaderView.Session;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the {@link Topology}: members and connections from the engine, roles from the log.
 * Thread-safe.
 */
public final class TopologyManager implements EngineListener {
  private final @Nullable NodeId self;
  private final Consumer<LeaderEvent> events;
  private final Set<NodeId> connected = new TreeSet<>();
  private Map<NodeId, Topology.Role> roles = Map.of();
  private List<NodeId> members = List.of();
  private long epoch;
  private int quorum;
  private boolean reached;
  private Topology topology = new Topology(0, 0, List.of(), 0, false);

  TopologyManager(@Nullable NodeId self, Consumer<LeaderEvent> events) {
    this.self = self;
    this.events = events;
    if (self != null) {
      connected.add(self);
    }
  }

  public synchronized Topology topology() {
    return topology;
  }

  /** Takes the configuration that is in force, unless one is known; tells whether it did. */
  synchronized boolean begin(ClusterView view) {
    boolean first = members.isEmpty();
    if (first) {
      configured(view);
    }
    return first;
  }

  /** Takes the roles of the moment. */
  synchronized void update(LeaderView view, String election) {
    Map<NodeId, Topology.Role> now = new HashMap<>();
    Map<Long, Topology.Role> bySession = new HashMap<>();
    Election about = view.election(election).orElse(null);
    if (about != null) {
      for (Candidate candidate : about.candidates()) {
        bySession.put(
            candidate.session(),
            candidate.session() == about.leader() ? Topology.Role.LEADER : Topology.Role.CANDIDATE);
      }
    }
    for (Session session : view.sessions()) {
      Leader.node(session)
          .ifPresent(
              node ->
                  now.merge(
                      node,
                      bySession.getOrDefault(session.id(), Topology.Role.FOLLOWER),
                      (a, b) -> a.compareTo(b) < 0 ? a : b));
    }
    roles = now;
    refresh();
  }

  private void refresh() {
    List<Topology.Member> list = new ArrayList<>();
    for (NodeId id : members) {
      list.add(
          new Topology.Member(
              id, roles.getOrDefault(id, Topology.Role.NONE), connected.contains(id)));
    }
    Topology next = new Topology(topology.version(), epoch, list, quorum, reached);
    if (!next.equals(topology)) {
      topology = new Topology(topology.version() + 1, epoch, list, quorum, reached);
      events.accept(new LeaderEvent.TopologyUpdated(topology));
    }
  }

  private void configured(ClusterView view) {
    members = view.members().stream().map(member -> member.id()).sorted().toList();
    epoch = view.epoch();
    int before = quorum;
    quorum = Quorum.size(members.size());
    if (before != quorum) {
      tellQuorum();
    }
    refresh();
  }

  private void tellQuorum() {
    int count = (int) members.stream().filter(connected::contains).count();
    events.accept(new LeaderEvent.QuorumChanged(reached, count, quorum));
  }

  // ---- what the engine tells, on its thread

  @Override
  public void onStateChanged(EngineState state, String reason) {
    events.accept(new LeaderEvent.ConsensusStateChanged(state, reason));
  }

  @Override
  public synchronized void onMemberConnected(NodeId member) {
    connected.add(member);
    events.accept(new LeaderEvent.NodeJoined(member));
    refresh();
  }

  @Override
  public synchronized void onMemberDisconnected(NodeId member, String reason) {
    if (!member.equals(self)) {
      connected.remove(member);
    }
    events.accept(new LeaderEvent.NodeLeft(member, reason));
    refresh();
  }

  @Override
  public synchronized void onConfigurationChanged(ClusterView view) {
    configured(view);
  }

  @Override
  public synchronized void onQuorumLost() {
    reached = false;
    events.accept(new LeaderEvent.ConsensusDisappeared());
    tellQuorum();
    refresh();
  }

  @Override
  public synchronized void onQuorumRegained() {
    reached = true;
    events.accept(new LeaderEvent.ConsensusAppeared());
    tellQuorum();
    refresh();
  }
}
