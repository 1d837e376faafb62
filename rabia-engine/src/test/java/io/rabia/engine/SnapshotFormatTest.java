package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.Golden;
import io.rabia.core.NodeId;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The content of a member's snapshot, as releases have written it. */
class SnapshotFormatTest {
  private static final Duration WHILE = Duration.ofMillis(500);

  /** A session with commands, a state, an applied-batch table: each of the parts. */
  private static byte[] written(TestCluster cluster) {
    TestNode a = cluster.node(1);
    Answer session = a.openSession();
    cluster.elapse(WHILE);
    a.submit(session.number(), 1, 1, "one");
    cluster.elapse(WHILE);
    a.submit(session.number(), 2, 1, "two");
    cluster.elapse(WHILE);
    cluster.node(2).submit("three");
    cluster.elapse(WHILE);
    return a.log.newestSnapshot();
  }

  @Test
  void isReadAndWrittenAgainByteByByte() throws IOException {
    RabiaConfig config = RabiaConfig.builder().snapshotInterval(1, Long.MAX_VALUE).build();
    try (TestCluster cluster = new TestCluster(3, config).startAll()) {
      byte[] written = written(cluster);
      Golden.assertUnchanged("snapshot", SnapshotHead.VERSION, Map.of("content", written));
      TestNode a = cluster.node(1);
      a.kill();
      a.log.onlySnapshot(Golden.read("snapshot", SnapshotHead.VERSION).get("content"));
      a.start();
      assertThat(a.machine.entries()).containsExactly("one", "two", "three");
      assertThat(SnapshotSummary.read(new ByteArrayInputStream(written)))
          .isEqualTo(new SnapshotSummary(NodeId.of(1), "test", a.member().replica().applied()));
      assertThat(a.member().stateHash()).isEqualTo(cluster.node(2).member().stateHash());
    }
  }
}
