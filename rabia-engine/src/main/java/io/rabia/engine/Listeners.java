package io.rabia.engine;

import io.rabia.core.NodeId;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several listeners as one; one that throws keeps nothing from the others. A new one is told first,
 * on the thread that adds it, what is: the state, the connections, a quorum. Thread-safe.
 */
final class Listeners implements EngineListener {
  private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);

  private final List<EngineListener> all = new CopyOnWriteArrayList<>();
  private final Set<NodeId> connected = new TreeSet<>();
  private @Nullable EngineState state;
  private String reason = "";
  private boolean quorum;

  Listeners(EngineListener first) {
    all.add(first);
  }

  synchronized void add(EngineListener listener) {
    if (state != null) {
      listener.onStateChanged(state, reason);
    }
    connected.forEach(listener::onMemberConnected);
    if (quorum) {
      listener.onQuorumRegained();
    }
    all.add(listener);
  }

  void remove(EngineListener listener) {
    all.remove(listener);
  }

  private void tell(Consumer<EngineListener> event) {
    for (EngineListener listener : all) {
      try {
        event.accept(listener);
      } catch (RuntimeException e) {
        LOG.warn("A listener failed", e);
      }
    }
  }

  @Override
  public synchronized void onStateChanged(EngineState newState, String newReason) {
    state = newState;
    reason = newReason;
    tell(l -> l.onStateChanged(newState, newReason));
  }

  @Override
  public synchronized void onMemberConnected(NodeId member) {
    connected.add(member);
    tell(l -> l.onMemberConnected(member));
  }

  @Override
  public synchronized void onMemberDisconnected(NodeId member, String why) {
    connected.remove(member);
    tell(l -> l.onMemberDisconnected(member, why));
  }

  @Override
  public void onSlowDisk(boolean slow) {
    tell(l -> l.onSlowDisk(slow));
  }

  @Override
  public void onMemberLate(NodeId member, boolean late) {
    tell(l -> l.onMemberLate(member, late));
  }

  @Override
  public void onStateDiffers(NodeId member, long slot, boolean settled) {
    tell(l -> l.onStateDiffers(member, slot, settled));
  }

  @Override
  public void onConfigurationChanged(ClusterView view) {
    tell(l -> l.onConfigurationChanged(view));
  }

  @Override
  public synchronized void onQuorumLost() {
    quorum = false;
    tell(EngineListener::onQuorumLost);
  }

  @Override
  public synchronized void onQuorumRegained() {
    quorum = true;
    tell(EngineListener::onQuorumRegained);
  }

  @Override
  public void onSnapshotTaken(long applied, long bytes) {
    tell(l -> l.onSnapshotTaken(applied, bytes));
  }

  @Override
  public void onSnapshotInstalled(long applied, NodeId from) {
    tell(l -> l.onSnapshotInstalled(applied, from));
  }
}
