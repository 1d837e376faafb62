package io.rabia.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.EveryField;
import io.rabia.core.RabiaException;
import io.rabia.leader.LeaderView.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class LeaderConfigTest {
  private static final long SECOND = 1_000_000_000L;

  private static LeaderConfig.Builder config() {
    return LeaderConfig.builder();
  }

  @Test
  void valuesThatDoNotGoTogetherAreRefused() {
    refused(config().heartbeatInterval(Duration.ZERO));
    refused(config().leaderTimeout(Duration.ofMillis(1999)));
    refused(config().leaderTimeout(Duration.ofDays(2)).electionTimeout(Duration.ofDays(9)));
    refused(config().electionTimeout(Duration.ofMillis(3999)));
    refused(config().minHealthyNodes(-1));
    refused(config().failureThreshold(0));
    refused(config().recoveryThreshold(0));
    refused(config().slowResponse(Duration.ZERO));
    config().leaderTimeout(Duration.ofSeconds(2)).electionTimeout(Duration.ofSeconds(3)).build();
  }

  private static void refused(LeaderConfig.Builder builder) {
    assertThatThrownBy(builder::build).isInstanceOf(RabiaException.Validation.class);
  }

  @Test
  void moreHealthyNodesThanTheQuorumAreWarnedOf() {
    assertThat(config().minHealthyNodes(2).build().warnings(2)).isEmpty();
    assertThat(config().minHealthyNodes(3).build().warnings(2))
        .singleElement()
        .asString()
        .contains("minHealthyNodes 3");
  }

  @TestFactory
  Stream<DynamicTest> everyFieldMatters() {
    LeaderConfig defaults = config().build();
    return EveryField.of(LeaderConfig.class)
        .matters(
            "heartbeatInterval",
            defaults,
            "Healthy",
            config().heartbeatInterval(Duration.ofMillis(500)).build(),
            "Degraded",
            c -> healthAfter(c, 1, 0, SECOND + SECOND / 2))
        .matters(
            "leaderTimeout",
            defaults,
            Duration.ofSeconds(3).toNanos(),
            config().leaderTimeout(Duration.ofSeconds(2)).build(),
            Duration.ofSeconds(2).toNanos(),
            c ->
                sent(c).stream()
                    .filter(LeaderCommand.Beat.class::isInstance)
                    .map(command -> ((LeaderCommand.Beat) command).timeout())
                    .findFirst()
                    .orElseThrow())
        .matters(
            "electionTimeout",
            defaults,
            0L,
            config().electionTimeout(Duration.ofSeconds(4)).build(),
            1L,
            LeaderConfigTest::failuresReportedAfterFourAndAHalfSeconds)
        .matters(
            "minHealthyNodes",
            defaults,
            0,
            config().minHealthyNodes(3).build(),
            3,
            c -> campaign(c).minHealthy())
        .matters(
            "autoFailover",
            defaults,
            true,
            config().autoFailover(false).build(),
            false,
            c -> campaign(c).autoFailover())
        .matters(
            "leadershipPriority",
            defaults,
            100,
            config().leadershipPriority(7).build(),
            7,
            c -> campaign(c).priority())
        .matters(
            "failureThreshold",
            defaults,
            "Degraded",
            config().failureThreshold(1).build(),
            "Unhealthy",
            c -> healthAfter(c, 1, 0, 3 * SECOND))
        .matters(
            "recoveryThreshold",
            defaults,
            "Healthy",
            config().recoveryThreshold(5).build(),
            "Degraded",
            c -> healthAfter(c, 3, 0, 0))
        .matters(
            "slowResponse",
            defaults,
            "Healthy",
            config().slowResponse(Duration.ofMillis(10)).build(),
            "Degraded",
            c -> healthAfter(c, 1, 20_000, 0))
        .tests();
  }

  /** Of a process that failed if it has to recover, has sent so many heartbeats, and is silent. */
  private static String healthAfter(
      LeaderConfig config, int beats, int responseMicros, long silent) {
    HealthMonitor monitor = new HealthMonitor(config);
    long now = 0;
    if (beats > 1) {
      monitor.update(view(1, 1, 0), now, event -> {});
      now += 60 * SECOND;
      monitor.update(view(2, 1, 0), now, event -> {});
      assertThat(monitor.health("s")).isInstanceOf(NodeHealth.Unhealthy.class);
    }
    for (int i = 0; i < beats; i++) {
      monitor.update(view(3 + i, 2 + i, responseMicros), now, event -> {});
    }
    monitor.update(view(9, 1 + beats, responseMicros), now + silent, event -> {});
    return monitor.health("s").getClass().getSimpleName();
  }

  private static LeaderView view(long version, long beats, int responseMicros) {
    Session session = new Session(1, 1, "s", 1, 1, 0, beats, responseMicros);
    return new LeaderView(version, version, 0, 0, List.of(session), List.of(), List.of());
  }

  private static long failuresReportedAfterFourAndAHalfSeconds(LeaderConfig config) {
    List<LeaderEvent> events = new ArrayList<>();
    ElectionWatch watch = new ElectionWatch(config.electionTimeout(), events::add);
    LeaderView.Election open =
        new LeaderView.Election(
            "e", 0, 0, false, 9, true, List.of(new LeaderView.Candidate(1, 1, 1)));
    LeaderView view = new LeaderView(1, 1, 0, 0, List.of(), List.of(), List.of(open));
    watch.update(view, 0);
    watch.update(view, 4 * SECOND + SECOND / 2);
    watch.update(view, 4 * SECOND + SECOND / 2);
    return events.stream().filter(LeaderEvent.ElectionCompleted.class::isInstance).count();
  }

  private static LeaderCommand.Campaign campaign(LeaderConfig config) {
    return sent(config).stream()
        .filter(LeaderCommand.Campaign.class::isInstance)
        .map(LeaderCommand.Campaign.class::cast)
        .findFirst()
        .orElseThrow();
  }

  /** What a manager with this configuration sends until it leads. */
  private static List<LeaderCommand> sent(LeaderConfig config) {
    LonelyLog log = new LonelyLog();
    try (LeaderManager manager = LeaderManager.on(log, null, "p", config)) {
      manager.campaign();
      org.awaitility.Awaitility.await()
          .until(() -> log.sent().stream().anyMatch(LeaderCommand.Campaign.class::isInstance));
      return log.sent();
    }
  }
}
