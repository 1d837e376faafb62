package io.rabia.kvstore.server.cli;

import static io.rabia.kvstore.server.cli.ServerProcesses.awaitSoon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rabia.kvstore.server.cli.ServerProcesses.Output;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** Servers whose logs are damaged, and large. */
@Isolated
@Tag("integration")
@Tag("long")
final class ServerLogTest {
  private static final long GIBIBYTE = 1L << 30;

  @TempDir private Path directory;

  private static Path firstSegment(Path data) throws IOException {
    try (Stream<Path> files = Files.list(data)) {
      return files
          .filter(file -> file.toString().endsWith(".rlog"))
          .sorted()
          .findFirst()
          .orElseThrow();
    }
  }

  private static long logBytes(Path data) throws IOException {
    try (Stream<Path> files = Files.list(data)) {
      return files
          .filter(file -> file.toString().endsWith(".rlog"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }

  @Test
  @Timeout(120)
  void aDamagedLogIsToldByTheToolAndByTheServerWhichGoesOnWithoutVotes() throws IOException {
    try (ServerProcesses servers = new ServerProcesses(directory, 3, "fsync").startAll()) {
      for (int i = 0; i < 5; i++) {
        assertThat(servers.run("set", "key" + i, "value").code()).isZero();
      }
      servers.kill(3);
      String data = servers.data(3).toString();
      Output intact = servers.run("log", "verify", data);
      assertThat(intact.code()).as(intact.err()).isZero();
      assertThat(intact.out()).contains("segment file=log-").contains("intact=true");

      Path segment = firstSegment(servers.data(3));
      byte[] bytes = Files.readAllBytes(segment);
      bytes[100] ^= 1;
      Files.write(segment, bytes);
      Output damaged = servers.run("log", "verify", data, "--json");
      assertThat(damaged.code()).isEqualTo(1);
      assertThat(damaged.out())
          .contains(
              "{\"row\":\"damage\",\"file\":\"" + segment.getFileName() + "\",\"offset\":36,");

      servers.start(List.of(3));
      awaitSoon("DEGRADED").until(() -> servers.status(3).get("state").equals("DEGRADED"));
      assertThat(servers.status(3).get("reason")).contains(segment.getFileName() + "_at_offset_36");
      assertThat(servers.run("set", "after", "loss").code()).isZero();
      servers.awaitCaughtUp(3, 1);
      servers.kill(3);
      Output aside = servers.run("log", "verify", data);
      assertThat(aside.code()).as("the log that follows is intact").isZero();
      assertThat(aside.out()).contains("aside file=" + segment.getFileName() + ".lost-");
    }
  }

  /** What the load takes apart: a quarter of an hour of a small cluster under full load. */
  @Test
  @Timeout(900)
  void aLogOfAGibibyteIsReadAgainWithinThirtySeconds() throws IOException {
    try (ServerProcesses servers = new ServerProcesses(directory, 3, "os").startAll()) {
      servers.kill(3); // which keeps the others from letting go of their logs
      List<Integer> two = List.of(1, 2);
      try (Load load =
          new Load(
              servers.servers(two),
              "--warmup=0",
              "--clients=16",
              "--value-size=60000",
              "--keys=1000")) {
        await()
            .atMost(Duration.ofMinutes(12))
            .pollInterval(Duration.ofMillis(200))
            .until(() -> logBytes(servers.data(1)) > GIBIBYTE);
        load.stop();
      }
      servers.kill(1);
      long start = System.nanoTime();
      servers.start(List.of(1));
      Duration ready = Duration.ofNanos(System.nanoTime() - start);
      System.out.printf(
          "a log of %d MiB: READY after %d ms%n",
          logBytes(servers.data(1)) >> 20, ready.toMillis());
      assertThat(ready).isLessThan(Duration.ofSeconds(30));
      servers.awaitServing(two);
    }
  }
}
