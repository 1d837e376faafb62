package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.ClusterConfig;
import io.rabia.core.Command;
import io.rabia.core.EveryField;
import io.rabia.core.NodeId;
import io.rabia.core.batching.BatchConfig;
import io.rabia.core.message.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class RabiaConfigEffectsTest {
  private static final int MIB = 1 << 20;

  private static RabiaConfig.Builder config() {
    return RabiaConfig.builder();
  }

  private static Duration ms(long millis) {
    return Duration.ofMillis(millis);
  }

  private static EveryField<RabiaConfig> snapshots(EveryField<RabiaConfig> fields) {
    return fields
        .matters(
            "snapshotSlots",
            config().build(),
            0,
            config().snapshotInterval(10, 32 << 20).build(),
            4,
            RabiaConfigEffectsTest::snapshotsInFortySlots)
        .matters(
            "snapshotBytes",
            config().snapshotInterval(1000, 2000).build(),
            2,
            config().snapshotInterval(1000, 1000).build(),
            4,
            RabiaConfigEffectsTest::snapshotsInFortySlots)
        .matters(
            "snapshotEvery",
            config().build(),
            0,
            config().snapshotEvery(Duration.ofMinutes(20)).build(),
            2,
            RabiaConfigEffectsTest::snapshotsOfTwoSlotsWithinAnHour);
  }

  private static EveryField<RabiaConfig> retention(EveryField<RabiaConfig> fields) {
    RabiaConfig defaults = config().build();
    return fields
        .matters(
            "retainedSlots",
            defaults,
            false,
            config().retainedSlots(64).build(),
            true,
            RabiaConfigEffectsTest::laggardNeedsTheLogForASlot)
        .matters(
            "retainedLogBytes",
            config().snapshotInterval(50, Long.MAX_VALUE).retainedSlots(64).build(),
            false,
            config()
                .snapshotInterval(50, Long.MAX_VALUE)
                .retainedSlots(64)
                .retainedLogBytes(10_000)
                .build(),
            true,
            RabiaConfigEffectsTest::laggardNeedsASnapshot)
        .matters(
            "retainedBytes",
            defaults,
            false,
            config().retainedBytes(MIB).build(),
            true,
            RabiaConfigEffectsTest::laggardNeedsTheLog);
  }

  private static EveryField<RabiaConfig> alarms(EveryField<RabiaConfig> fields) {
    return fields
        .matters(
            "stateCheckSlots",
            config().stateCheckInterval(6).build(),
            2,
            config().stateCheckInterval(4).build(),
            3,
            RabiaConfigEffectsTest::comparedStates)
        .matters(
            "slowForce",
            config().build(),
            true,
            config().slowForce(ms(200)).build(),
            false,
            RabiaConfigEffectsTest::reportsForcesOf150Milliseconds);
  }

  @TestFactory
  Stream<DynamicTest> everyFieldMatters() {
    RabiaConfig defaults = config().build();
    return alarms(retention(snapshots(EveryField.of(RabiaConfig.class))))
        .matters(
            "batching",
            defaults,
            1L,
            config().batching(BatchConfig.builder().maxBatchSize(2).build()).build(),
            2L,
            RabiaConfigEffectsTest::batchesOfFourCommands)
        .matters(
            "ownWindow",
            patient().build(),
            1L,
            patient().ownWindow(2).build(),
            2L,
            RabiaConfigEffectsTest::batchesInFlight)
        .matters(
            "requestTimeout",
            config().requestTimeout(ms(20)).build(),
            "no answer within 20 ms; outcome unknown",
            config().requestTimeout(ms(30)).build(),
            "no answer within 30 ms; outcome unknown",
            RabiaConfigEffectsTest::failureWithoutAnAnswer)
        .matters(
            "heartbeatInterval",
            defaults,
            10,
            config().heartbeatInterval(ms(100)).build(),
            20,
            RabiaConfigEffectsTest::heartbeatsInTwoSeconds)
        .matters(
            "minOwnerWait",
            defaults,
            5L,
            config().ownerWait(ms(30), ms(100)).build(),
            30L,
            config -> ownerWait(config, ms(0)))
        .matters(
            "maxOwnerWait",
            defaults,
            100L,
            config().ownerWait(ms(5), ms(60)).build(),
            60L,
            config -> ownerWait(config, Duration.ofSeconds(2)))
        .matters(
            "minResend",
            config().resend(ms(40), ms(1000)).build(),
            40L,
            config().resend(ms(60), ms(1000)).build(),
            60L,
            config -> resends(config, 1).get(0))
        .matters(
            "maxResend",
            config().resend(ms(40), ms(200)).build(),
            200L,
            config().resend(ms(40), ms(300)).build(),
            300L,
            RabiaConfigEffectsTest::lastPauseBetweenResends)
        .matters(
            "sessionTimeToLive",
            defaults,
            true,
            config().sessionTimeToLive(Duration.ofSeconds(2)).build(),
            false,
            RabiaConfigEffectsTest::sessionLivesForFiveSeconds)
        .matters(
            "inboxCapacity",
            config().inboxCapacity(16).build(),
            16,
            config().inboxCapacity(64).build(),
            64,
            RabiaConfigEffectsTest::requestsThatWait)
        .matters(
            "initial",
            defaults,
            Initial.NEW,
            config().initial(Initial.EXISTING).build(),
            Initial.EXISTING,
            RabiaConfigEffectsTest::whatAnEmptyLogMeans)
        .tests();
  }

  private static Initial whatAnEmptyLogMeans(RabiaConfig config) {
    try (TestCluster cluster = new TestCluster(1, config)) {
      cluster.node(1).start();
      cluster.elapse(Duration.ofSeconds(1));
      return cluster.node(1).agent().reason().equals("joining") ? Initial.EXISTING : Initial.NEW;
    }
  }

  /** Commands wait for company as long as a batch is in flight. */
  private static RabiaConfig.Builder patient() {
    return config().batching(BatchConfig.builder().maxBatchDelay(Duration.ofHours(1)).build());
  }

  /** With sessions open and everybody at rest. */
  private static TestCluster warm(int members, RabiaConfig config) {
    TestCluster cluster = new TestCluster(members, config).startAll();
    cluster.nodes().forEach(node -> node.submit("warm up"));
    cluster.elapse(ms(100));
    return cluster;
  }

  private static long batchesOfFourCommands(RabiaConfig config) {
    try (TestCluster cluster = warm(1, config)) {
      TestNode node = cluster.node(1);
      long before = node.status().ownBatches();
      for (int i = 0; i < 4; i++) {
        node.submit("c" + i);
      }
      cluster.settle();
      return node.status().ownBatches() - before;
    }
  }

  private static void cutOff(TestCluster cluster) {
    for (int id = 2; id <= cluster.nodes().size(); id++) {
      cluster.wires.hold(1, id);
      cluster.wires.hold(id, 1);
    }
  }

  private static long batchesInFlight(RabiaConfig config) {
    try (TestCluster cluster = warm(3, config)) {
      cutOff(cluster);
      long before = ownBatches(cluster);
      cluster.node(1).submit("first");
      cluster.settle();
      cluster.node(1).submit("second");
      cluster.settle();
      return ownBatches(cluster) - before;
    }
  }

  private static long ownBatches(TestCluster cluster) {
    return cluster.wires.sentBy(1, Message.Propose.class).stream()
        .map(Message.Propose::id)
        .filter(id -> BatchId.isBatch(id) && BatchId.origin(id) == 0)
        .distinct()
        .count();
  }

  private static String failureWithoutAnAnswer(RabiaConfig config) {
    MemoryLog log = new MemoryLog();
    try (RabiaEngine engine =
        RabiaEngine.builder()
            .nodeId(NodeId.of(1))
            .cluster(ClusterConfig.parse("1=host:1"))
            .config(config)
            .stateMachine(new Journal())
            .transport(new LonelyTransport())
            .persistence(log)
            .build()) {
      engine.start();
      engine.submit(Command.of("durable"), TestNode.PATIENCE).join();
      log.manual();
      return engine
          .submit(Command.of("never durable"))
          .handle((result, failure) -> cause(failure))
          .join();
    }
  }

  private static String cause(Throwable failure) {
    return failure instanceof CompletionException wrapper
        ? wrapper.getCause().getMessage()
        : failure.getMessage();
  }

  private static int heartbeatsInTwoSeconds(RabiaConfig config) {
    try (TestCluster cluster = warm(2, config)) {
      cluster.elapse(Duration.ofSeconds(1));
      int before = cluster.wires.sentBy(1, Message.Heartbeat.class).size();
      cluster.elapse(Duration.ofSeconds(2));
      return cluster.wires.sentBy(1, Message.Heartbeat.class).size() - before;
    }
  }

  private static boolean reportsForcesOf150Milliseconds(RabiaConfig config) {
    try (TestCluster cluster = new TestCluster(3, config).startAll()) {
      EngineEventsTest.slowForces(cluster);
      return cluster.node(1).events.contains("slow disk");
    }
  }

  /** In the twelve slots of a session and three commands, one after the other. */
  private static int comparedStates(RabiaConfig config) {
    try (TestCluster cluster = new TestCluster(3, config).startAll()) {
      for (int i = 0; i < 3; i++) {
        cluster.node(1).submit("c" + i);
        cluster.settle();
      }
      assertThat(cluster.node(1).status().applied()).isEqualTo(12);
      return (int)
          cluster.wires.sentBy(1, Message.StateHash.class).stream()
              .mapToLong(Message.StateHash::applied)
              .distinct()
              .count();
    }
  }

  private static long elapsedUntil(TestCluster cluster, BooleanSupplier condition) {
    long start = cluster.now();
    while (!condition.getAsBoolean()) {
      if (cluster.now() - start > Duration.ofMinutes(1).toNanos()) {
        throw new AssertionError("not within a minute");
      }
      cluster.elapse(ms(1));
    }
    return (cluster.now() - start) / 1_000_000;
  }

  /**
   * How long member 1 waits for member 2, which had commands lately, in a slot of it.
   *
   * @param slowness how long a decision took before
   */
  private static long ownerWait(RabiaConfig config, Duration slowness) {
    try (TestCluster cluster = warm(3, config)) {
      if (!slowness.isZero()) {
        cutOff(cluster);
        cluster.node(1).submit("slow");
        cluster.elapse(slowness);
        connectAgain(cluster);
      }
      cluster.node(2).submit("member 2 is not quiet");
      cluster.elapse(ms(100));
      cluster.wires.hold(2, 1);
      cluster.wires.hold(2, 3);
      cluster.wires.hold(1, 2);
      cluster.wires.hold(3, 2);
      long before = proposedForMember2(cluster);
      cluster.node(1).submit("x");
      cluster.settle();
      return elapsedUntil(cluster, () -> proposedForMember2(cluster) > before);
    }
  }

  private static void connectAgain(TestCluster cluster) {
    for (int id = 2; id <= 3; id++) {
      cluster.wires.release(1, id);
      cluster.wires.release(id, 1);
    }
    cluster.elapse(ms(500));
  }

  private static long proposedForMember2(TestCluster cluster) {
    return cluster.wires.sentBy(1, Message.Propose.class).stream()
        .mapToLong(Message.Propose::slot)
        .filter(slot -> slot % 3 == 1)
        .distinct()
        .count();
  }

  /** When, in milliseconds, the first proposals that nobody answers are sent again. */
  private static List<Long> resends(RabiaConfig config, int count) {
    try (TestCluster cluster = warm(3, config)) {
      cluster.elapse(Duration.ofSeconds(1));
      cutOff(cluster);
      cluster.node(1).submit("x");
      cluster.settle();
      List<Long> times = new ArrayList<>();
      long elapsed = 0;
      for (int i = 0; i < count; i++) {
        long before = ownProposals(cluster);
        elapsed += elapsedUntil(cluster, () -> ownProposals(cluster) > before);
        times.add(elapsed);
      }
      return times;
    }
  }

  private static long ownProposals(TestCluster cluster) {
    return cluster.wires.sentBy(1, Message.Propose.class).stream()
        .filter(propose -> propose.slot() % 3 == 0)
        .count();
  }

  private static long lastPauseBetweenResends(RabiaConfig config) {
    List<Long> times = resends(config, 7);
    return times.get(6) - times.get(5);
  }

  private static boolean sessionLivesForFiveSeconds(RabiaConfig config) {
    try (TestCluster cluster = warm(1, config)) {
      Answer opened = cluster.node(1).openSession();
      cluster.settle();
      long session = opened.number();
      cluster.elapse(Duration.ofSeconds(5));
      Answer answer = cluster.node(1).submit(session, 1, 1, "x");
      cluster.settle();
      return !answer.isFailure();
    }
  }

  private static int requestsThatWait(RabiaConfig config) {
    try (TestCluster cluster = warm(1, config)) {
      int taken = 0;
      while (cluster.node(1).agent().submit(Command.of("x"), Long.MAX_VALUE, new Answer())) {
        taken++;
      }
      return taken;
    }
  }

  private static int snapshotsInFortySlots(RabiaConfig config) {
    try (TestCluster cluster = new TestCluster(1, config).startAll()) {
      TestNode node = cluster.node(1);
      while (node.status().applied() < 40) {
        node.submit("x");
        cluster.settle();
      }
      return node.log.snapshots();
    }
  }

  /** The second one is taken of one slot; after that there is nothing to take. */
  private static int snapshotsOfTwoSlotsWithinAnHour(RabiaConfig config) {
    try (TestCluster cluster = warm(1, config)) {
      TestNode node = cluster.node(1);
      cluster.pause(Duration.ofMinutes(25));
      node.submit("x");
      cluster.settle();
      cluster.pause(Duration.ofMinutes(15));
      cluster.pause(Duration.ofMinutes(15));
      cluster.elapse(ms(2));
      return node.log.snapshots();
    }
  }

  private static TestCluster withALaggard(RabiaConfig config, int slots) {
    TestCluster cluster =
        new TestCluster(TestCluster.config(3).alpha(8).build(), config).startAll();
    cluster.wires.cut(3, 1);
    cluster.wires.cut(3, 2);
    while (cluster.node(1).status().applied() < slots) {
      cluster.node(1).submit("x");
      cluster.elapse(ms(2));
    }
    cluster.wires.heal(3, 1);
    cluster.wires.heal(3, 2);
    cluster.elapse(ms(500));
    if (cluster.node(3).machine.size() != cluster.node(1).machine.size()) {
      throw new AssertionError("did not catch up");
    }
    return cluster;
  }

  private static boolean laggardNeedsTheLogForASlot(RabiaConfig config) {
    try (TestCluster cluster = withALaggard(config, 150)) {
      return cluster.node(1).log.reads() + cluster.node(2).log.reads() > 0;
    }
  }

  private static boolean laggardNeedsASnapshot(RabiaConfig config) {
    try (TestCluster cluster = withALaggard(config, 400)) {
      return cluster.node(3).heard.contains("onSnapshotInstalled");
    }
  }

  private static boolean laggardNeedsTheLog(RabiaConfig config) {
    try (TestCluster cluster = warm(3, config)) {
      cluster.wires.cut(3, 1);
      cluster.wires.cut(3, 2);
      String large = "x".repeat(64 << 10);
      for (int i = 0; i < 32; i++) {
        cluster.node(1).submit(large);
        cluster.elapse(ms(20));
      }
      cluster.wires.heal(3, 1);
      cluster.wires.heal(3, 2);
      cluster.elapse(Duration.ofSeconds(2));
      if (cluster.node(3).machine.entries().size() != 3 + 32) {
        throw new AssertionError("did not catch up");
      }
      return cluster.node(1).log.reads() + cluster.node(2).log.reads() > 0;
    }
  }
}
