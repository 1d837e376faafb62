package io.rabia.leader;

import io.rabia.core.NodeId;
import io.rabia.leader.LeaderView.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;

/**
 * Judges processes by the heartbeats that this one sees applied, and by how long theirs took. Time
 * is this process' own monotonic clock, so a member that is cut off sees the others as unhealthy.
 * Thread-safe.
 */
public final class HealthMonitor {
  private static final NodeHealth HEALTHY = new NodeHealth.Healthy();
  private static final NodeHealth UNKNOWN = new NodeHealth.Unknown();

  /** Of those that are gone so many are remembered. */
  static final int MAX_GONE = 1024;

  /**
   * Of the lives of a process that have not ended the one that lives; of two that do the younger.
   */
  private static final Comparator<Session> NEWEST =
      Comparator.comparingLong(Session::idle).thenComparingLong(Session::beats);

  /** What is remembered of a process, by name, over its lives. */
  private static final class Record {
    Optional<NodeId> node = Optional.empty();
    long session;
    long beats;
    long seenAt;
    int good;
    boolean failed;
    int responseMicros;
    boolean gone;
    NodeHealth health = UNKNOWN;
  }

  private final LeaderConfig config;
  private final Map<String, Record> records = new HashMap<>();

  HealthMonitor(LeaderConfig config) {
    this.config = config;
  }

  /** How the process with this name is. */
  public synchronized NodeHealth health(String name) {
    Record record = records.get(name);
    return record == null ? UNKNOWN : record.health;
  }

  /** How the process on this member is. */
  public synchronized NodeHealth health(NodeId node) {
    return records.values().stream()
        .filter(record -> record.node.filter(node::equals).isPresent())
        .map(record -> record.health)
        .findFirst()
        .orElse(UNKNOWN);
  }

  /** All processes that were heard of, but for those that are gone for longest, by name. */
  public synchronized Map<String, NodeHealth> all() {
    Map<String, NodeHealth> all = new LinkedHashMap<>();
    records.forEach((name, record) -> all.put(name, record.health));
    return all;
  }

  /** Takes what is applied now; tells what has changed, at the end and in no lock. */
  void update(LeaderView view, long now, Consumer<LeaderEvent> events) {
    List<LeaderEvent> changes = new ArrayList<>();
    synchronized (this) {
      Map<String, Session> alive = new TreeMap<>();
      view.sessions().forEach(s -> alive.merge(s.name(), s, BinaryOperator.minBy(NEWEST)));
      alive.values().forEach(session -> see(session, now, changes::add));
      records.forEach((name, record) -> record.gone = !alive.containsKey(name));
      records.forEach((name, record) -> judge(name, record, now, changes::add));
      forget(records.size() - alive.size() - MAX_GONE);
    }
    changes.forEach(events);
  }

  private void forget(int count) {
    if (count > 0) {
      records.entrySet().stream()
          .filter(record -> record.getValue().gone)
          .sorted(Comparator.comparingLong(record -> record.getValue().seenAt))
          .limit(count)
          .map(Map.Entry::getKey)
          .toList()
          .forEach(records::remove);
    }
  }

  private void see(Session session, long now, Consumer<LeaderEvent> events) {
    Record record = records.computeIfAbsent(session.name(), name -> new Record());
    if (record.session == session.id() && record.beats >= session.beats()) {
      return;
    }
    if (record.session != session.id() && record.session != 0) {
      record.failed = true;
      record.good = 0;
    }
    record.good++;
    record.session = session.id();
    record.beats = session.beats();
    record.node = Leader.node(session);
    record.seenAt = now;
    record.responseMicros = session.responseMicros();
    events.accept(
        new LeaderEvent.Heartbeat(
            session.name(),
            record.node,
            session.beats(),
            Duration.ofNanos(session.responseMicros() * 1000L)));
  }

  private void judge(String name, Record record, long now, Consumer<LeaderEvent> events) {
    NodeHealth before = record.health;
    NodeHealth after = judge(record, now - record.seenAt);
    if (!sameKind(before, after)) {
      record.health = after;
      events.accept(new LeaderEvent.NodeHealthChanged(name, record.node, before, after));
    }
  }

  private NodeHealth judge(Record record, long silent) {
    long interval = config.heartbeatInterval().toNanos();
    if (record.gone || silent > interval * (config.failureThreshold() + 1L)) {
      record.failed = true;
      record.good = 0;
      return new NodeHealth.Unhealthy(Duration.ofNanos(silent));
    }
    if (record.failed && record.good < config.recoveryThreshold()) {
      return new NodeHealth.Degraded("recovering");
    }
    record.failed = false;
    if (silent > 2 * interval) {
      return new NodeHealth.Degraded("late");
    }
    if (record.responseMicros * 1000L > config.slowResponse().toNanos()) {
      return new NodeHealth.Degraded("slow");
    }
    return HEALTHY;
  }

  private static boolean sameKind(NodeHealth a, NodeHealth b) {
    return a.equals(b) || a instanceof NodeHealth.Unhealthy && b instanceof NodeHealth.Unhealthy;
  }
}
