package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.Golden;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.message.Message;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots that are asked for, backups of them, and clusters that go on with those. */
class BackupTest {
  private static final Duration WHILE = Duration.ofMillis(500);

  private final TestCluster cluster = TestCluster.serving(3);
  private final TestNode a = cluster.node(1);
  @TempDir private Path directory;

  @AfterEach
  void end() {
    cluster.close();
  }

  private void submit(String command) {
    a.submit(command);
    cluster.elapse(WHILE);
  }

  private OpenBackup backup() {
    Answer answer = new Answer();
    Request.Question request = Request.snapshot(true, WHILE.toNanos() * 2, answer);
    assertThat(a.agent().inbox().offer(request)).isTrue();
    cluster.elapse(WHILE);
    assertThat(answer.bytes()).isNotEmpty();
    assertThat(request.opened).isNotNull();
    return request.opened;
  }

  private static byte[] bytes(OpenBackup open) {
    byte[] head = open.backup().head();
    ByteBuffer all = ByteBuffer.allocate(head.length + (int) open.backup().length()).put(head);
    open.read(0, all);
    open.close();
    assertThat(all.hasRemaining()).isFalse();
    return all.array();
  }

  private Path file(byte[] bytes) {
    try {
      return Files.write(directory.resolve("backup"), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static NewCluster newCluster(Journal state) {
    return new NewCluster(NodeId.of(1), TestCluster.config(1).build(), state);
  }

  private static TestCluster started(MemoryLog log) {
    TestCluster one = new TestCluster(1);
    one.node(1).log.replaceBy(log);
    one.startAll();
    return one;
  }

  @Test
  void isOfTheStateWhenItWasAskedForAndStaysWhateverComesAfterIt() {
    submit("one");
    EngineStatus then = a.status();
    OpenBackup open = backup();
    submit("two");
    backup().close();
    assertThat(open.backup().slot()).isEqualTo(then.applied());
    assertThat(open.backup().hash()).isEqualTo(then.hash());
    assertThat(open.backup().data()).isEqualTo(then.data());
    Journal state = new Journal();
    newCluster(state).take(file(bytes(open)));
    assertThat(state.entries()).containsExactly("one");
  }

  @Test
  void aClusterGoesOnWithItUnderAnotherIdAndGrows() {
    submit("one");
    submit("two");
    long data = a.status().data();
    NewCluster restored = newCluster(new Journal());
    Backup backup = restored.take(file(bytes(backup())));
    MemoryLog log = new MemoryLog();
    NewCluster.Founded founded = restored.found(log);
    assertThat(founded.id()).isNotEqualTo(backup.clusterId());
    try (TestCluster one = started(log)) {
      TestNode first = one.node(1);
      assertThat(first.machine.entries()).containsExactly("one", "two");
      assertThat(first.status().applied()).isEqualTo(backup.slot());
      assertThat(first.status().data()).isEqualTo(data).isEqualTo(backup.data());
      TestNode joiner =
          one.stranger(
              NodeId.of(2),
              TestCluster.config(2).build(),
              RabiaConfig.builder().initial(Initial.EXISTING).build());
      joiner.start();
      one.elapse(WHILE);
      first.change(first.view().with(NodeId.of(2), "host", 2));
      one.elapse(WHILE);
      joiner.submit("three");
      one.elapse(WHILE);
      first.kill();
      first.start();
      one.elapse(WHILE);
      assertThat(first.machine.entries()).containsExactly("one", "two", "three");
      assertThat(joiner.machine.entries()).containsExactly("one", "two", "three");
      assertThat(first.status().hash()).isEqualTo(joiner.status().hash());
    }
  }

  @Test
  void withoutItsSnapshotTheNewLogIsNoLogOfAFirstStart() {
    submit("one");
    NewCluster restored = newCluster(new Journal());
    restored.take(file(bytes(backup())));
    MemoryLog log = new MemoryLog();
    restored.found(log);
    log.loseSnapshots();
    TestCluster one = new TestCluster(1);
    TestNode node = one.node(1);
    node.log.replaceBy(log);
    node.start();
    assertThat(node.failure())
        .isInstanceOf(RabiaException.Checksum.class)
        .hasMessageContaining("goes on after a snapshot");
  }

  @Test
  void aFileThatIsDamagedOrNoneIsRefusedWithWhatIsWrong() {
    submit("one");
    byte[] whole = bytes(backup());
    for (int i = 0; i < whole.length; i++) {
      byte[] flipped = whole.clone();
      flipped[i] ^= 1;
      refuses(flipped);
      refuses(Arrays.copyOf(whole, i));
    }
    refuses(Arrays.copyOf(whole, whole.length + 1));
    Path cut = file(Arrays.copyOf(whole, whole.length - 1));
    assertThatThrownBy(() -> newCluster(new Journal()).take(cut))
        .isInstanceOf(RabiaException.Checksum.class)
        .hasMessageContaining("bytes of content, its head says");
    newCluster(new Journal()).take(file(whole));
  }

  private static void refuses(byte[] bytes) {
    ByteArrayInputStream file = new ByteArrayInputStream(bytes);
    assertThatThrownBy(() -> Backup.read(file).verify(file))
        .isInstanceOfAny(RabiaException.Validation.class, RabiaException.Checksum.class)
        .hasMessageContaining("backup");
  }

  @Test
  void whatOneMemberStillHasIsTakenWithWhatItDoesNotKnowTheEndOf() {
    submit("one");
    cluster.wires.cut(1, 2);
    cluster.wires.cut(1, 3);
    a.submit("never answered");
    cluster.settle();
    EngineStatus last = a.status();
    a.kill();
    NewCluster survivor =
        new NewCluster(NodeId.of(1), TestCluster.config(3).build(), new Journal());
    MemoryLog former = a.log.copy();
    NewCluster.Left left = survivor.take(former);
    assertThat(left.slot()).isEqualTo(last.applied());
    assertThat(left.hash()).isEqualTo(last.hash());
    assertThat(left.damage()).isEmpty();
    MemoryLog log = new MemoryLog();
    assertThat(survivor.found(log).data()).isEqualTo(last.data());
    try (TestCluster one = started(log)) {
      assertThat(one.node(1).machine.entries()).containsExactly("one");
    }
  }

  @Test
  void aDamagedSurvivorIsLookedAtAndUsedAsFarAsItCanBeReadAndStaysAsItIs() {
    submit("one");
    long readable = a.log.durable();
    submit("not to be read any more");
    a.kill();
    a.log.damage("a flipped bit", readable);
    List<Message> before = a.log.records();
    for (int members = 1; members <= 3; members += 2) {
      Journal state = new Journal();
      NewCluster survivor =
          new NewCluster(NodeId.of(1), TestCluster.config(members).build(), state);
      NewCluster.Left left = survivor.take(a.log);
      assertThat(left.damage()).contains("a flipped bit");
      assertThat(state.entries()).containsExactly("one");
      assertThat(a.log.records()).isEqualTo(before);
      MemoryLog log = new MemoryLog();
      survivor.found(log);
      try (TestCluster one = started(log)) {
        assertThat(one.node(1).machine.entries()).containsExactly("one");
      }
    }
    a.start();
    cluster.elapse(WHILE);
    assertThat(a.status().reason()).contains("a_flipped_bit");
  }

  @Test
  void isReadAndWrittenAgainByteByByte() {
    submit("one");
    byte[] whole = bytes(backup());
    Golden.assertUnchanged("backup", Backup.VERSION, Map.of("file", whole));
    Journal state = new Journal();
    newCluster(state).take(file(Golden.read("backup", Backup.VERSION).get("file")));
    assertThat(state.entries()).containsExactly("one");
  }
}
