package io.rabia.testing;

import io.rabia.core.NodeId;
import io.rabia.network.InMemoryNetwork;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Which members are cut off from each other, each pair for any number of reasons. Thread-safe. */
final class Cuts {
  private record Pair(NodeId low, NodeId high) {
    static Pair of(NodeId a, NodeId b) {
      return a.compareTo(b) < 0 ? new Pair(a, b) : new Pair(b, a);
    }
  }

  private final InMemoryNetwork network;
  private final Map<Pair, Integer> reasons = new HashMap<>();

  Cuts(InMemoryNetwork network) {
    this.network = network;
  }

  synchronized void add(NodeId a, NodeId b) {
    if (reasons.merge(Pair.of(a, b), 1, Integer::sum) == 1) {
      network.cut(a, b);
    }
  }

  synchronized void remove(NodeId a, NodeId b) {
    Integer left = reasons.computeIfPresent(Pair.of(a, b), (pair, n) -> n == 1 ? null : n - 1);
    if (left == null) {
      network.heal(a, b);
    }
  }

  synchronized boolean isCut(NodeId a, NodeId b) {
    return reasons.containsKey(Pair.of(a, b));
  }

  void add(Set<NodeId> left, Set<NodeId> right) {
    left.forEach(a -> right.forEach(b -> add(a, b)));
  }

  void remove(Set<NodeId> left, Set<NodeId> right) {
    left.forEach(a -> right.forEach(b -> remove(a, b)));
  }
}
