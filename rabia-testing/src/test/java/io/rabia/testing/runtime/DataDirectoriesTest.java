package io.rabia.testing.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.rabia.core.ClusterConfig;
import io.rabia.core.Command;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.core.message.Message;
import io.rabia.core.statemachine.InMemoryStateMachine;
import io.rabia.engine.EngineState;
import io.rabia.engine.EngineStatus;
import io.rabia.engine.RabiaEngine;
import io.rabia.network.InMemoryNetwork;
import io.rabia.persistence.FilePersistence;
import io.rabia.persistence.FilePersistenceConfig;
import io.rabia.persistence.LogInspector;
import io.rabia.persistence.LogReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three engines on directories of the file system, which are copied, damaged and filled. */
@Tag("integration")
@Timeout(60)
class DataDirectoriesTest {
  private static final ClusterConfig CLUSTER = ClusterConfig.parse("1=a:1,2=b:2,3=c:3");
  private static final FilePersistenceConfig CONFIG =
      FilePersistenceConfig.builder().segmentBytes(4096).build();

  private final InMemoryNetwork network = new InMemoryNetwork();
  private final List<RabiaEngine> engines = new ArrayList<>();

  /** What this life of the third member has promised to others. */
  private final Queue<Message> promises = new ConcurrentLinkedQueue<>();

  @TempDir private Path directory;

  @BeforeEach
  void start() {
    CLUSTER.members().forEach(member -> engines.add(engine(member.id())));
    engines.forEach(RabiaEngine::start);
    await().until(() -> engines.stream().allMatch(e -> state(e) == EngineState.SERVING));
  }

  @AfterEach
  void stop() {
    engines.forEach(RabiaEngine::close);
  }

  private Path directoryOf(NodeId id) {
    return directory.resolve("data-" + id);
  }

  private RabiaEngine engine(NodeId id) {
    return RabiaEngine.builder()
        .nodeId(id)
        .cluster(CLUSTER)
        .stateMachine(new InMemoryStateMachine())
        .transport(new WatchedTransport(network.transport(id), message -> sent(id, message)))
        .persistence(new FilePersistence(directoryOf(id), CONFIG))
        .build();
  }

  private void sent(NodeId id, Message message) {
    if (id.value() == 3
        && (message instanceof Message.Propose
            || message instanceof Message.Vote1
            || message instanceof Message.Vote2
            || message instanceof Message.ReadReply)) {
      promises.add(message);
    }
  }

  private static EngineState state(RabiaEngine engine) {
    return engine.lastStatus().state();
  }

  private RabiaEngine third() {
    return engines.get(2);
  }

  private RabiaEngine restartThird() {
    third().close();
    promises.clear();
    engines.set(2, engine(NodeId.of(3)));
    return third();
  }

  private void set(int member, String key) {
    byte[] answer = engines.get(member).submit(Command.of("SET " + key + " x")).join();
    assertThat(new String(answer, UTF_8)).isEqualTo("OK");
  }

  private static String get(RabiaEngine engine, String key, ReadConsistency consistency) {
    byte[] value =
        engine
            .read(("GET " + key).getBytes(UTF_8), consistency)
            .orTimeout(20, TimeUnit.SECONDS)
            .join();
    return new String(value, UTF_8);
  }

  private void setMany(String prefix) {
    for (int i = 0; i < 60; i++) {
      set(i % 2, prefix + i);
    }
  }

  private void assertOnlyHears(String why) {
    await().until(() -> state(third()) == EngineState.DEGRADED);
    assertThat(third().lastStatus().reason()).contains(why);
    setMany("later");
    EngineStatus first = engines.get(0).status().join();
    await().until(() -> third().status().join().applied() >= first.applied());
    assertThat(get(third(), "later59", ReadConsistency.LOCAL)).isEqualTo("x");
    assertThatThrownBy(() -> third().submit(Command.of("SET refused x")).join())
        .hasCauseInstanceOf(RabiaException.Unavailable.class);
    assertThat(promises).isEmpty();
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }

  @Test
  void anOldCopyIsNoticedBeforeAnyVoteAndComesBackWithoutVotes() throws IOException {
    Path own = directoryOf(NodeId.of(3));
    Path backup = directory.resolve("backup");
    set(2, "before");
    restartThird();
    copy(own, backup);
    third().start();
    await().until(() -> state(third()) == EngineState.SERVING);
    setMany("since");
    restartThird();
    delete(own);
    copy(backup, own);
    third().start();
    await().until(() -> third().stopped().isDone());
    assertThat(state(third())).isEqualTo(EngineState.DEGRADED);
    assertThat(third().failure())
        .get()
        .isInstanceOf(RabiaException.NotAMember.class)
        .asString()
        .contains("an old copy");
    assertThat(promises).isEmpty();
    set(0, "others-go-on");
    restartThird().start();
    assertOnlyHears("an_old_copy");
  }

  @Test
  void aFlippedBitBelowWhatWasSafeTakesTheVotesAndNothingElse() throws IOException {
    setMany("k");
    restartThird();
    Path own = directoryOf(NodeId.of(3));
    LogReport.Segment closed = LogInspector.verify(own).segments().get(0);
    Path file = own.resolve(closed.file());
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 4;
    Files.write(file, bytes);
    third().start();
    assertOnlyHears(closed.file() + "_at_offset_");
    try (Stream<Path> files = Files.list(own)) {
      assertThat(files)
          .filteredOn(moved -> moved.getFileName().toString().startsWith(closed.file() + ".lost-"))
          .singleElement()
          .satisfies(moved -> assertThat(Files.readAllBytes(moved)).isEqualTo(bytes));
    }
    restartThird().start();
    assertOnlyHears("lost");
  }

  @Test
  void aFullFileSystemIsWaitedFor() throws Exception {
    restartThird();
    Path own = directoryOf(NodeId.of(3));
    Path kept = directory.resolve("kept");
    Files.move(own, kept);
    Files.createDirectory(own);
    assumeThat(run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", own.toString()))
        .as("only a privileged user mounts a file system")
        .isZero();
    try {
      copy(kept, own);
      third().start();
      await().until(() -> state(third()) == EngineState.SERVING);
      Path ballast = own.resolve("ballast");
      Files.write(ballast, new byte[(int) Files.getFileStore(own).getUsableSpace()]);
      setMany("full");
      await().until(() -> state(third()) == EngineState.DEGRADED);
      assertThat(third().lastStatus().reason()).isEqualTo("disk-full");
      assertThatThrownBy(() -> third().submit(Command.of("SET refused x")).join())
          .hasCauseInstanceOf(RabiaException.Unavailable.class)
          .hasMessageContaining("disk is full");
      assertThat(get(third(), "full59", ReadConsistency.LINEARIZABLE)).isEqualTo("x");
      assertThat(LogInspector.verify(own).unsafeTail()).isEmpty();
      Files.delete(ballast);
      await().until(() -> state(third()) == EngineState.SERVING);
      set(2, "goes-on");
      restartThird().start();
      await().until(() -> state(third()) == EngineState.SERVING);
      assertThat(get(third(), "goes-on", ReadConsistency.LOCAL)).isEqualTo("x");
    } finally {
      third().close();
      run("umount", own.toString());
    }
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
