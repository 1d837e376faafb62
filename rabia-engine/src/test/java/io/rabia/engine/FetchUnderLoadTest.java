package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.message.Message;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A member fetches a snapshot over a slow way while those who have it go on, and further ones are
 * due, or asked for.
 */
class FetchUnderLoadTest {
  private static final int BEHIND = 100;
  private static final int AHEAD = 600;

  /** Of which so many make the log grow by more than makes a snapshot due. */
  private static final int INTERVAL = 60;

  private static final String LARGE = "x".repeat(12_000);

  private final TestCluster cluster =
      new TestCluster(
              TestCluster.config(3).alpha(8).build(),
              RabiaConfig.builder()
                  .snapshotInterval(50, Long.MAX_VALUE)
                  .retainedSlots(64)
                  .retainedLogBytes(0)
                  .build())
          .startAll();
  private final TestNode a = cluster.node(1);
  private final TestNode c = cluster.node(3);

  @AfterEach
  void end() {
    cluster.close();
  }

  private void run(int commands, String padding) {
    for (int i = 0; i < commands; i++) {
      a.submit(a.machine.size() + padding);
      cluster.elapse(Duration.ofMillis(1));
    }
  }

  /** The third member begins to fetch a state of 2.5 MB, and no chunk has come. */
  private void beginToFetch() {
    run(BEHIND, "");
    cluster.wires.cut(1, 3);
    cluster.wires.cut(2, 3);
    cluster.settle();
    run(AHEAD, "x".repeat(4_000));
    cluster.wires.hold(1, 3);
    cluster.wires.hold(2, 3);
    cluster.wires.heal(1, 3);
    cluster.wires.heal(2, 3);
    for (int rounds = 0; requests().isEmpty(); rounds++) {
      assertThat(rounds).isLessThan(1000);
      whatWasSentArrives();
    }
  }

  private List<Message.SnapshotRequest> requests() {
    return cluster.wires.sentBy(3, Message.SnapshotRequest.class);
  }

  private boolean installed() {
    return c.heard.contains("onSnapshotInstalled");
  }

  /** Sixteen chunks at most; those that are asked for then wait. */
  private void whatWasSentArrives() {
    cluster.wires.trickle(1, 3);
    cluster.wires.trickle(2, 3);
    cluster.elapse(Duration.ofMillis(5));
  }

  private TestNode server() {
    return cluster.node(cluster.wires.lastReceiver(3, Message.SnapshotRequest.class));
  }

  private Answer snapshot(TestNode node) {
    Answer answer = new Answer();
    Request request = Request.snapshot(false, TestNode.PATIENCE.toNanos(), answer);
    assertThat(node.agent().inbox().offer(request)).isTrue();
    cluster.elapse(Duration.ofMillis(10));
    return answer;
  }

  private void assertCaughtUp() {
    cluster.wires.release(1, 3);
    cluster.wires.release(2, 3);
    cluster.elapse(Duration.ofMillis(500));
    assertThat(installed()).isTrue();
    assertThat(c.machine.entries()).isEqualTo(a.machine.entries());
    assertThat(c.status().hash()).isEqualTo(a.status().hash());
  }

  private void assertOneWasFetched() {
    assertThat(requests().stream().map(Message.SnapshotRequest::applied).distinct()).hasSize(1);
  }

  @Test
  void oneThatIsFetchedIsFetchedToItsEndWhileOthersAreDue() {
    beginToFetch();
    TestNode server = server();
    int before = server.log.snapshots();
    for (int rounds = 0; !installed(); rounds++) {
      assertThat(rounds).as("rounds of sixteen chunks").isLessThan(5);
      run(INTERVAL, LARGE);
      whatWasSentArrives();
    }
    assertThat(server.log.snapshots()).isEqualTo(before);
    assertCaughtUp();
    assertOneWasFetched();
    run(4 * INTERVAL, LARGE);
    assertThat(server.log.snapshots()).isGreaterThan(before);
  }

  @Test
  void oneThatIsAskedForMeanwhileIsTakenAndTheNextOneWaits() {
    beginToFetch();
    run(1, "");
    Answer first = snapshot(server());
    assertThat(first.isOpen()).as("the one that is fetched stays the older of two").isFalse();
    run(1, "");
    Answer second = snapshot(server());
    assertThat(second.isOpen()).as("it would take the place of the one that is fetched").isTrue();
    whatWasSentArrives();
    assertThat(second.isOpen()).isTrue();
    assertCaughtUp();
    assertOneWasFetched();
    cluster.elapse(Duration.ofSeconds(3));
    assertThat(second.bytes()).isNotEmpty();
  }

  @Test
  void whoFellSilentStopsNoSnapshots() {
    beginToFetch();
    TestNode server = server();
    c.kill();
    int before = server.log.snapshots();
    run(INTERVAL, LARGE);
    assertThat(server.log.snapshots()).as("it may be asking yet").isEqualTo(before);
    cluster.elapse(Duration.ofSeconds(3));
    assertThat(server.log.snapshots()).isEqualTo(before + 1);
    run(3 * INTERVAL, LARGE);
    assertThat(server.log.snapshots()).isGreaterThan(before + 1);
  }

  @Test
  void whoFetchesForEverPutsSnapshotsOffForTheLengthOfOne() {
    beginToFetch();
    TestNode server = server();
    int before = server.log.snapshots();
    run(2 * INTERVAL, LARGE);
    assertThat(server.log.snapshots()).isEqualTo(before);
    for (int more = 0; server.log.snapshots() == before; more++) {
      assertThat(more).as("intervals beyond").isLessThan(5);
      int asked = requests().size();
      run(INTERVAL, LARGE);
      cluster.elapse(Duration.ofMillis(300));
      assertThat(requests()).as("it asks all the time").hasSizeGreaterThan(asked);
    }
  }

  @Test
  void oneInMemoryIsFetchedToItsEndAsLongAsItLeadsOn() {
    cluster.nodes().forEach(node -> node.log.forgetful());
    cluster.nodes().forEach(TestNode::kill);
    cluster.nodes().forEach(node -> node.log.wipe());
    cluster.startAll();
    beginToFetch();
    run(1, "");
    assertThat(snapshot(server()).isOpen()).isFalse();
    assertCaughtUp();
    assertOneWasFetched();
  }

  @Test
  void oneInMemoryThatNoLongerLeadsOnMakesRoomForAnother() {
    cluster.nodes().forEach(node -> node.log.forgetful());
    cluster.nodes().forEach(TestNode::kill);
    cluster.nodes().forEach(node -> node.log.wipe());
    cluster.startAll();
    beginToFetch();
    run(100, "");
    assertThat(snapshot(server()).isOpen()).isFalse();
    whatWasSentArrives();
    assertThat(installed()).isFalse();
    assertCaughtUp();
    assertThat(requests().stream().map(Message.SnapshotRequest::applied).distinct()).hasSize(2);
  }
}
