package io.rabia.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.rabia.core.Command;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Submitter;
import io.rabia.core.statemachine.InMemoryStateMachine;
import io.rabia.engine.CompositeStateMachine;
import io.rabia.testing.FaultType;
import io.rabia.testing.InjectedFault;
import io.rabia.testing.TestCluster;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** On real clusters in this process. */
@Tag("integration")
class LeaderManagerTest {
  private static final NodeId ONE = NodeId.of(1);
  private static final NodeId TWO = NodeId.of(2);
  private static final NodeId THREE = NodeId.of(3);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final TestCluster cluster =
      TestCluster.builder()
          .stateMachine(
              () ->
                  CompositeStateMachine.of(
                      Map.of(
                          "leader", new LeaderStateMachine(), "map", new InMemoryStateMachine())))
          .start();

  private final Map<NodeId, LeaderManager> managers = new HashMap<>();

  static LeaderConfig.Builder quick() {
    return LeaderConfig.builder()
        .heartbeatInterval(Duration.ofMillis(100))
        .leaderTimeout(Duration.ofMillis(400))
        .electionTimeout(Duration.ofMillis(600))
        .minHealthyNodes(1);
  }

  private LeaderManager manager(NodeId id, LeaderConfig config) {
    LeaderManager manager = LeaderManager.on(cluster.engine(id), "leader", config);
    managers.put(id, manager);
    return manager;
  }

  private LeaderManager leading(NodeId id) {
    LeaderManager manager = manager(id, quick().build());
    manager.campaign();
    await().atMost(PATIENCE).until(manager::isLeader);
    return manager;
  }

  @AfterEach
  void close() {
    managers.values().forEach(LeaderManager::close);
    cluster.close();
  }

  private static String ask(Submitter map, String command) {
    byte[] answer =
        map.submit(Command.of(command), Duration.ofSeconds(5))
            .orTimeout(10, TimeUnit.SECONDS)
            .join();
    return new String(answer, StandardCharsets.UTF_8);
  }

  @Test
  void anotherLeadsAfterTheLeadersNodeIsKilledAndItsTokenIsRefused() {
    LeaderManager first = leading(ONE);
    LeaderManager second = manager(TWO, quick().build());
    second.campaign();
    long term = first.term();
    Submitter fenced = first.fenced("map");
    assertThat(ask(fenced, "SET register first")).isEqualTo("OK");
    Submitter oldToken =
        CompositeStateMachine.fenced(
            cluster.engine(TWO), "map", "leader", LeaderCodec.token("leader", term));
    assertThat(ask(oldToken, "SET register again")).isEqualTo("OK");

    cluster.kill(ONE);

    await().atMost(PATIENCE).until(second::isLeader);
    assertThat(first.isLeader()).isFalse();
    assertThat(second.term()).isGreaterThan(term);
    assertThat(second.leader()).map(Leader::node).hasValue(Optional.of(TWO));
    assertThatThrownBy(() -> ask(oldToken, "SET register stale"))
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(RabiaException.Fenced.class);
    Submitter map = CompositeStateMachine.part(cluster.engine(TWO), "map");
    assertThat(ask(map, "GET register")).isEqualTo("again");
    assertThatThrownBy(() -> first.fenced("map")).isInstanceOf(RabiaException.Fenced.class);
  }

  @Test
  void aLeaderThatIsCutOffLeadsNoMoreBeforeAnotherDoes() {
    LeaderManager first = leading(ONE);
    LeaderManager second = manager(TWO, quick().build());
    second.campaign();
    cluster.isolate(ONE);
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(2))
        .until(
            () -> {
              boolean other = second.isLeader();
              assertThat(other && first.isLeader()).isFalse();
              return other;
            });
    cluster.rejoin(ONE);
    await()
        .atMost(PATIENCE)
        .until(() -> first.leader().map(Leader::node).equals(Optional.of(Optional.of(TWO))));
    assertThat(first.isLeader()).isFalse();
  }

  @Test
  void whoStepsDownIsFollowedAndMayComeBack() {
    LeaderManager first = leading(ONE);
    LeaderManager second = manager(TWO, quick().build());
    second.campaign();
    await()
        .atMost(PATIENCE)
        .until(() -> first.view().election("leader").orElseThrow().candidates().size() == 2);
    first.stepDown().join();
    assertThat(first.isLeader()).isFalse();
    await().atMost(PATIENCE).until(second::isLeader);
    long term = second.term();
    first.campaign();
    second.close();
    await().atMost(PATIENCE).until(first::isLeader);
    assertThat(first.term()).isGreaterThan(term);
  }

  @Test
  void electionsOfSeveralNamesHaveLeadersOfTheirOwn() {
    LeaderManager first = leading(ONE);
    LeaderManager second = manager(TWO, quick().build());
    second.election("other").campaign();
    await().atMost(PATIENCE).until(second.election("other")::isLeader);
    assertThat(first.isLeader()).isTrue();
    assertThat(first.election("other").isLeader()).isFalse();
    assertThat(second.isLeader()).isFalse();
  }

  @Test
  void aLockIsHeldByOneAndGivenFreeWhenItsHoldersHeartbeatsStop() throws Exception {
    LeaderManager first = manager(ONE, quick().build());
    LeaderManager second = manager(TWO, quick().build());
    long token = first.lock("l").acquire(PATIENCE).orElseThrow();
    assertThat(first.lock("l").isHeld()).isTrue();
    assertThat(first.lock("l").acquire(Duration.ofMillis(20))).as("another thread").isEmpty();
    assertThat(second.lock("l").acquire(Duration.ofMillis(300))).isEmpty();
    first.lock("l").release().join();
    long next = second.lock("l").acquire(PATIENCE).orElseThrow();
    assertThat(next).isGreaterThan(token);
    cluster.kill(TWO);
    long last = first.lock("l").acquire(PATIENCE).orElseThrow();
    assertThat(last).isGreaterThan(next);
    assertThat(second.lock("l").isHeld()).isFalse();
  }

  @Test
  void aLatchOpensForOneAfterTheOther() throws Exception {
    LeaderLatch first = manager(ONE, quick().build()).latch("work");
    assertThat(first.await(PATIENCE)).isTrue();
    LeaderLatch second = manager(TWO, quick().build()).latch("work");
    assertThat(second.await(Duration.ofMillis(200))).isFalse();
    first.close();
    assertThat(second.await(PATIENCE)).isTrue();
    assertThat(first.isLeader()).isFalse();
  }

  @Test
  void aListenerThatThrowsOrBlocksHarmsNobody() throws Exception {
    LeaderManager manager = manager(ONE, quick().build());
    CountDownLatch released = new CountDownLatch(1);
    List<LeaderEvent> events = new CopyOnWriteArrayList<>();
    LeaderNotificationBus bus = manager.bus();
    LeaderNotificationBus.Subscription blocked =
        bus.subscribe(LeaderNotificationFilter.all(), event -> hang(released));
    List<LeaderEvent> thrown = new CopyOnWriteArrayList<>();
    bus.subscribe(
        LeaderNotificationFilter.leadership(),
        event -> {
          thrown.add(event);
          throw new AssertionError("a listener's bug");
        });
    bus.subscribe(
        LeaderNotificationFilter.custom(
            event -> {
              throw new AssertionError("a filter's bug");
            }),
        events::add);
    bus.subscribe(
        LeaderNotificationFilter.custom(
            event -> {
              hang(released);
              return true;
            }),
        event -> {});
    bus.subscribe(LeaderNotificationFilter.leadership(), events::add);
    manager.campaign();
    await().atMost(PATIENCE).until(() -> events.size() >= 3 && thrown.size() >= 3);
    for (int i = 0; i < LeaderNotificationBus.CAPACITY + 10; i++) {
      bus.publish(new LeaderEvent.ConsensusAppeared());
    }
    assertThat(blocked.missed()).isPositive();
    assertThat(manager.isLeader()).isTrue();
    released.countDown();
  }

  private static void hang(CountDownLatch released) {
    try {
      released.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aSubscriberThatComesLateHearsFirstWhoLeads() {
    LeaderManager manager = leading(ONE);
    manager.election("other").campaign();
    await().atMost(PATIENCE).until(manager.election("other")::isLeader);
    await().atMost(PATIENCE).until(() -> count(manager, "other") == 1);
    List<LeaderEvent> late = subscribe(manager, LeaderNotificationFilter.node(ONE));
    await().atMost(PATIENCE).until(() -> count(late, LeaderEvent.LeaderElected.class) == 2);
    assertThat(names(late.subList(0, 2))).containsExactly("LeaderElected");
    manager.election("other").stepDown().join();
    await().atMost(PATIENCE).until(() -> count(manager, "other") == 0);
    assertThat(late.stream().filter(e -> e instanceof LeaderEvent.LeaderElected)).hasSize(2);
  }

  /** How often a new subscriber hears at once that this election is led. */
  private static long count(LeaderManager manager, String election) {
    List<LeaderEvent> events = new CopyOnWriteArrayList<>();
    CountDownLatch told = new CountDownLatch(1);
    try (LeaderNotificationBus.Subscription all =
        manager
            .bus()
            .subscribe(
                LeaderNotificationFilter.all(),
                event -> {
                  events.add(event);
                  if (!(event instanceof LeaderEvent.LeaderElected)) {
                    told.countDown();
                  }
                })) {
      hang(told);
      assertThat(all.missed()).isZero();
    }
    return events.stream()
        .filter(e -> e instanceof LeaderEvent.LeaderElected led && led.election().equals(election))
        .count();
  }

  @Test
  void byDefaultNobodyIsElectedBeforeAQuorumOfProcessesLives() {
    LeaderConfig config = quick().minHealthyNodes(0).build();
    LeaderManager manager = manager(ONE, config);
    manager.campaign();
    await().atMost(PATIENCE).until(() -> manager.view().election("leader").isPresent());
    await()
        .during(Duration.ofMillis(200))
        .until(() -> manager.leader().isEmpty() && !manager.isLeader());
    manager(TWO, config);
    await().atMost(PATIENCE).until(manager::isLeader);
  }

  @Test
  void theLastLatchOfAnElectionThatIsClosedStepsDown() throws Exception {
    LeaderManager manager = manager(ONE, quick().build());
    LeaderLatch first = manager.latch("work");
    LeaderLatch second = manager.latch("work");
    assertThat(first.await(PATIENCE) && second.await(PATIENCE)).isTrue();
    first.close();
    first.close();
    assertThat(first.isLeader()).isFalse();
    assertThat(first.await(Duration.ZERO)).isFalse();
    assertThat(second.isLeader()).isTrue();
    second.close();
    assertThat(manager.election("work").isLeader()).isFalse();
    assertThatThrownBy(() -> manager.election("lock/l"))
        .isInstanceOf(RabiaException.Validation.class);
  }

  /** Every event there is, found by reflection, on one cluster; and what the filters let pass. */
  @Test
  void everyEventHappensAndTheFiltersLetTheirOwnPass() {
    LeaderManager manager = manager(ONE, quick().autoFailover(false).build());
    List<LeaderEvent> all = subscribe(manager, LeaderNotificationFilter.all());
    List<LeaderEvent> leadership = subscribe(manager, LeaderNotificationFilter.leadership());
    List<LeaderEvent> topology = subscribe(manager, LeaderNotificationFilter.topology());
    List<LeaderEvent> consensus = subscribe(manager, LeaderNotificationFilter.consensus());
    List<LeaderEvent> two = subscribe(manager, LeaderNotificationFilter.node(TWO));
    LeaderManager other = manager(TWO, quick().autoFailover(false).build());
    other.campaign();
    await().atMost(PATIENCE).until(other::isLeader);
    manager.campaign();
    await().atMost(PATIENCE).until(() -> count(all, LeaderEvent.LeaderElected.class) == 1);

    cluster.kill(TWO);
    cluster.isolate(ONE);
    await().atMost(PATIENCE).until(() -> count(all, LeaderEvent.ConsensusDisappeared.class) > 0);
    cluster.rejoin(ONE);
    await().atMost(PATIENCE).until(() -> count(all, LeaderEvent.ConsensusAppeared.class) > 0);
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                all.stream()
                    .anyMatch(
                        e ->
                            e instanceof LeaderEvent.ElectionCompleted done
                                && done.leader().isEmpty()));
    manager.triggerElection().join();
    await().atMost(PATIENCE).until(() -> count(all, LeaderEvent.LeaderElected.class) > 1);

    assertThat(names(all))
        .containsAll(
            Stream.of(LeaderEvent.class.getDeclaredClasses())
                .filter(type -> !Modifier.isInterface(type.getModifiers()))
                .map(Class::getSimpleName)
                .toList());
    assertThat(leadership).allMatch(e -> e instanceof LeaderEvent.Leadership);
    assertThat(names(leadership)).contains("Heartbeat");
    assertThat(leadership.stream().map(e -> e.getClass().getSimpleName()))
        .containsSubsequence(
            "ElectionStarted",
            "LeaderElected",
            "ElectionCompleted",
            "LeaderSteppedDown",
            "ElectionStarted",
            "ElectionCompleted",
            "LeaderElected",
            "ElectionCompleted");
    assertThat(topology).isNotEmpty().allMatch(e -> e instanceof LeaderEvent.Topology);
    assertThat(consensus).isNotEmpty().allMatch(e -> e instanceof LeaderEvent.Consensus);
    assertThat(two).isNotEmpty().allMatch(e -> e.about().equals(Optional.of(TWO)));
  }

  private static List<LeaderEvent> subscribe(
      LeaderManager manager, LeaderNotificationFilter filter) {
    List<LeaderEvent> events = new CopyOnWriteArrayList<>();
    manager.bus().subscribe(filter, events::add);
    return events;
  }

  private static long count(List<LeaderEvent> events, Class<?> type) {
    return events.stream().filter(type::isInstance).count();
  }

  private static List<String> names(List<LeaderEvent> events) {
    return events.stream().map(e -> e.getClass().getSimpleName()).distinct().toList();
  }

  @Test
  void topologyHasMembersRolesAndAQuorumAndGrowsItsVersion() {
    LeaderManager manager = leading(ONE);
    manager(TWO, quick().build()).campaign();
    manager(THREE, quick().build());
    await()
        .atMost(PATIENCE)
        .until(
            () -> roles(manager),
            Arrays.asList("1 LEADER true", "2 CANDIDATE true", "3 FOLLOWER true")::equals);
    Topology before = manager.topology().topology();
    assertThat(before.quorum()).isEqualTo(2);
    assertThat(before.quorumReached()).isTrue();
    cluster.kill(THREE);
    await().atMost(PATIENCE).until(() -> roles(manager).contains("3 NONE false"));
    assertThat(manager.topology().topology().version()).isGreaterThan(before.version());
    cluster
        .engine(ONE)
        .changeMembership(
            cluster.engine(ONE).view(PATIENCE).join().without(THREE), Duration.ofSeconds(10))
        .join();
    await().atMost(PATIENCE).until(() -> roles(manager).size() == 2);
  }

  private static List<String> roles(LeaderManager manager) {
    return manager.topology().topology().members().stream()
        .map(m -> m.id() + " " + m.role() + " " + m.connected())
        .collect(Collectors.toList());
  }

  @Test
  void healthFollowsHeartbeats() {
    LeaderManager manager = leading(ONE);
    manager(TWO, quick().build());
    List<LeaderEvent> events = subscribe(manager, LeaderNotificationFilter.node(TWO));
    assertThat(manager.health().health(THREE)).isInstanceOf(NodeHealth.Unknown.class);
    await().atMost(PATIENCE).until(() -> states(events), "Healthy"::equals);
    cluster.pause(TWO);
    await().atMost(PATIENCE).until(() -> states(events), "Healthy late Unhealthy"::equals);
    cluster.resume(TWO);
    await()
        .atMost(PATIENCE)
        .until(() -> states(events), "Healthy late Unhealthy recovering Healthy"::equals);
    assertThat(manager.health().all()).containsOnlyKeys("node-1", "node-2");
  }

  /** What was heard of a process' health, in order. */
  private static String states(List<LeaderEvent> events) {
    return events.stream()
        .filter(LeaderEvent.NodeHealthChanged.class::isInstance)
        .map(e -> ((LeaderEvent.NodeHealthChanged) e).after())
        .map(
            health ->
                health instanceof NodeHealth.Degraded degraded
                    ? degraded.reason()
                    : health.getClass().getSimpleName())
        .collect(Collectors.joining(" "));
  }

  @Test
  void whoIsCutOffSeesTheOthersAsUnhealthyAndTheyIt() {
    LeaderManager manager = leading(ONE);
    LeaderManager other = manager(TWO, quick().build());
    await()
        .atMost(PATIENCE)
        .until(() -> manager.health().health(TWO) instanceof NodeHealth.Healthy);
    cluster.isolate(TWO);
    await()
        .atMost(PATIENCE)
        .until(() -> manager.health().health("node-2") instanceof NodeHealth.Unhealthy);
    await()
        .atMost(PATIENCE)
        .until(() -> other.health().health(ONE) instanceof NodeHealth.Unhealthy);
    cluster.rejoin(TWO);
    await()
        .atMost(PATIENCE)
        .until(() -> manager.health().health(TWO) instanceof NodeHealth.Healthy);
  }

  @Test
  void aProcessOnASlowNodeIsDegraded() {
    LeaderConfig config =
        LeaderConfig.builder().slowResponse(Duration.ofMillis(30)).minHealthyNodes(1).build();
    LeaderManager manager = manager(ONE, config);
    manager(
        TWO,
        LeaderConfig.builder()
            .heartbeatInterval(Duration.ofMillis(100))
            .minHealthyNodes(1)
            .build());
    await()
        .atMost(PATIENCE)
        .until(() -> manager.health().health(TWO) instanceof NodeHealth.Healthy);
    InjectedFault slow =
        cluster
            .simulator()
            .injectFault(new FaultType.SlowNode(TWO, Duration.ofMillis(40), Duration.ofMinutes(1)));
    await()
        .atMost(PATIENCE)
        .until(() -> manager.health().health(TWO), new NodeHealth.Degraded("slow")::equals);
    slow.end();
    await()
        .atMost(PATIENCE)
        .until(() -> manager.health().health(TWO) instanceof NodeHealth.Healthy);
  }
}
