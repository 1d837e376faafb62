package io.rabia.leader;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.leader.LeaderView.Session;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HealthMonitorTest {
  private static final long SECOND = 1_000_000_000L;

  private final HealthMonitor monitor = new HealthMonitor(LeaderConfig.defaults());
  private final List<LeaderEvent> changes = new ArrayList<>();
  private long version;

  private void see(long now, Session... sessions) {
    version++;
    monitor.update(
        new LeaderView(version, now, 0, 0, List.of(sessions), List.of(), List.of()),
        now,
        event -> {
          if (event instanceof LeaderEvent.NodeHealthChanged) {
            changes.add(event);
          }
        });
  }

  private static Session session(long id, String name, long idle, long beats) {
    return new Session(id, beats, name, 1, 3 * SECOND, idle, beats, 0);
  }

  /** The session of its last life is there until its time is over. */
  @Test
  void aProcessThatWasStartedAgainIsJudgedByItsNewLife() {
    see(SECOND, session(7, "s", 0, 50));
    assertThat(monitor.health("s")).isInstanceOf(NodeHealth.Healthy.class);
    changes.clear();
    see(2 * SECOND, session(5, "s", 0, 1), session(7, "s", 0, 51));
    see(3 * SECOND, session(5, "s", 0, 2), session(7, "s", SECOND, 51));
    see(3 * SECOND + 1, session(5, "s", 1, 2), session(7, "s", SECOND + 1, 51));
    see(4 * SECOND, session(5, "s", 0, 3));
    assertThat(monitor.health("s")).isInstanceOf(NodeHealth.Healthy.class);
    assertThat(changes)
        .extracting(change -> ((LeaderEvent.NodeHealthChanged) change).after())
        .containsExactly(new NodeHealth.Degraded("recovering"), new NodeHealth.Healthy());
  }

  @Test
  void ofThoseThatAreGoneTheLastOnesAreRemembered() {
    for (int i = 0; i < HealthMonitor.MAX_GONE + 10; i++) {
      see(i * SECOND, session(i + 1, "s" + i, 0, 1));
    }
    assertThat(monitor.all()).hasSize(HealthMonitor.MAX_GONE + 1);
    assertThat(monitor.all()).doesNotContainKey("s8").containsKey("s9");
  }
}
