package io.rabia.kvstore.server.cli;

import static io.rabia.kvstore.server.cli.ServerProcesses.awaitSoon;
import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.server.cli.ServerProcesses.Output;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real servers that are killed, paused and told to stop while clients write. */
@Execution(ExecutionMode.CONCURRENT)
@Tag("integration")
@Timeout(120)
final class ServerCrashTest {
  private static final int MEMBERS = 3;

  private final SplittableRandom random = new SplittableRandom();
  @TempDir private Path directory;

  private ServerProcesses start(String durability) {
    return new ServerProcesses(directory, MEMBERS, durability).startAll();
  }

  @Test
  void keepsEverythingAcknowledgedWhenAllAreKilledUnderLoad() {
    try (ServerProcesses servers = start("fsync")) {
      killAllUnderLoad(servers);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"os", "fsync"})
  @Tag("long")
  void keepsEverythingAcknowledgedWhenAllAreKilledUnderLoadAgainAndAgain(String durability) {
    try (ServerProcesses servers = start(durability)) {
      for (int i = 0; i < 5; i++) {
        killAllUnderLoad(servers);
      }
    }
  }

  private void killAllUnderLoad(ServerProcesses servers) {
    String journal = directory.resolve("journal").toString();
    try (Load load =
        new Load(servers.servers(), "--warmup", "0", "--clients", "32", "--journal", journal)) {
      servers.awaitProgress(1, 50 + random.nextInt(1000));
      servers.kill(servers.all());
      servers.start(servers.all());
      servers.awaitProgress(1, 50);
      assertThat(load.stop().number("bench clients", "errors")).isZero();
    }
    Output check = servers.run("check", "--journal", journal);
    assertThat(check.out()).endsWith(" missing=0 wrong=0" + System.lineSeparator());
    assertThat(check.number("check", "acknowledged")).isGreaterThan(100);
    servers.assertEqual();
  }

  @Test
  void keepsItsPromisesWhenOneIsKilledAndComesBackAndThenAllAre() throws Exception {
    try (Campaign campaign = new Campaign(directory, "os", new Links() {})) {
      int killed = 1 + random.nextInt(MEMBERS);
      campaign.servers.kill(killed);
      campaign.awaitWrites(500);
      campaign.servers.start(List.of(killed));
      campaign.servers.awaitCaughtUp(killed, after(killed));
      campaign.servers.kill(campaign.servers.all());
      campaign.servers.start(campaign.servers.all());
      campaign.awaitWrites(100);
      campaign.assertSafe();
      assertThat(campaign.load.errors()).isZero();
    }
  }

  /** In {@code .ci/run}, too. */
  @Test
  @Tag("long")
  void takesBackByASnapshotOneThatWasAwayForLongerThanTheOthersKeepWhatItLacks() {
    takesBackByASnapshot(4_000, false);
  }

  @Test
  @Tag("long")
  void takesBackByASnapshotOneThatWasAwayForALongTime() {
    takesBackByASnapshot(100_000, true);
  }

  private void takesBackByASnapshot(long slots, boolean restarts) {
    try (ServerProcesses servers =
            new ServerProcesses(directory, MEMBERS, "os")
                .with(
                    "--snapshot-slots=500",
                    "--retained-slots=64",
                    "--retained-log-mb=0",
                    "--segment-mb=1")
                .startAll();
        Load load =
            new Load(
                servers.servers(), "--warmup", "0", "--clients", "32", "--value-size", "1000")) {
      int killed = 1 + random.nextInt(MEMBERS);
      servers.awaitProgress(killed, 100);
      servers.kill(killed);
      servers.awaitProgress(after(killed), slots);
      servers.start(List.of(killed));
      servers.awaitCaughtUp(killed, after(killed));
      assertThat(servers.errors(killed)).contains("installed a snapshot of ");
      assertThat(load.stop().number("bench clients", "errors")).isZero();
      servers.assertEqual();
      if (restarts) {
        servers.kill(killed);
        servers.start(List.of(killed));
        servers.awaitServing(servers.all());
        servers.assertEqual();
      }
    }
  }

  @Test
  void goesOnWithoutOneThatIsPausedAndTakesItBack() {
    try (ServerProcesses servers = start("os");
        Load load = new Load(servers.servers(), "--warmup", "0", "--clients", "32")) {
      int paused = 1 + random.nextInt(MEMBERS);
      servers.awaitProgress(paused, 100);
      servers.freeze(paused);
      servers.awaitProgressFor(Duration.ofSeconds(2), after(paused));
      servers.thaw(paused);
      servers.awaitCaughtUp(paused, after(paused));
      assertThat(load.stop().number("bench clients", "errors")).isZero();
      servers.assertEqual();
    }
  }

  private static int after(int id) {
    return id % MEMBERS + 1;
  }

  @Test
  void doesNothingWithoutAQuorumAndGoesOnOnceThereIsOne() {
    try (ServerProcesses servers = start("fsync")) {
      assertThat(servers.run("set", "a", "1").code()).isZero();
      servers.kill(List.of(2, 3));
      awaitSoon("the loss is noticed")
          .until(() -> servers.status(1).getOrDefault("reason", "").equals("no-quorum"));
      assertUnavailable(servers.run("set", "a", "2", "--timeout", "0.5"));
      assertUnavailable(servers.run("get", "a", "--timeout", "0.5"));
      assertThat(servers.number(1, "connected")).isEqualTo(1);

      servers.start(List.of(2));
      assertThat(servers.run("set", "b", "3").code()).isZero();
      // What was refused for want of a quorum was not taken in.
      assertThat(servers.run("get", "a").out().strip()).isEqualTo("1");
      servers.start(List.of(3));
      servers.awaitServing(servers.all());
      servers.assertEqual();
    }
  }

  private static void assertUnavailable(Output output) {
    assertThat(output.code()).isEqualTo(1);
    assertThat(output.out()).isEmpty();
    assertThat(output.err()).startsWith("error: UNAVAILABLE: ").hasLineCount(1);
  }

  @Test
  void drainsOnTermUnderLoadWithoutAnErrorAtItsClients() throws Exception {
    try (ServerProcesses servers = start("os");
        Load load = new Load(servers.servers(), "--warmup", "0", "--clients", "32")) {
      servers.awaitProgress(1, 100);
      assertThat(servers.terminate(2, Duration.ofSeconds(10))).isZero();
      servers.awaitProgress(1, 100);
      assertThat(load.stop().number("bench clients", "errors")).isZero();
      servers.assertEqual();
    }
  }
}
