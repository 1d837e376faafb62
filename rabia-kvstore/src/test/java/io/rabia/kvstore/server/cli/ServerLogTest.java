package io.rabia.kvstore.server.cli;

import static io.rabia.kvstore.server.cli.ServerProcesses.awaitSoon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rabia.kvstore.server.cli.ServerProcesses.Output;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
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
  /** Nearly a gibibyte: beyond it, members do not keep their logs for one that is away. */
  private static final long LARGE = (1L << 30) - (40 << 20);

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir private Path directory;
  private int verifications;

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

  /** In a process of its own. */
  private Output verify(ServerProcesses servers, String... options) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("verify", servers.data(3).toString()));
    arguments.addAll(List.of(options));
    String name = "verify-" + ++verifications;
    Process process = servers.java(name, RabiaKv.class, "log", arguments);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return new Output(
        process.exitValue(), servers.text(name + ".out"), servers.text(name + ".err"));
  }

  @Test
  @Timeout(120)
  void aDamagedLogIsToldByTheToolAndByTheServerWhichGoesOnWithoutVotes() throws Exception {
    try (ServerProcesses servers = new ServerProcesses(directory, 3, "fsync").startAll()) {
      for (int i = 0; i < 5; i++) {
        assertThat(servers.run("set", "key" + i, "value").code()).isZero();
      }
      servers.kill(3);
      Output intact = verify(servers);
      assertThat(intact.code()).as(intact.err()).isZero();
      assertThat(intact.out()).contains("segment file=log-").contains("intact=true");

      Path segment = firstSegment(servers.data(3));
      byte[] bytes = Files.readAllBytes(segment);
      bytes[50] ^= 1;
      Files.write(segment, bytes);
      Output damaged = verify(servers, "--json");
      assertThat(damaged.code()).isEqualTo(1);
      assertThat(damaged.out())
          .contains(
              "{\"row\":\"damage\",\"file\":\"" + segment.getFileName() + "\",\"offset\":36,");

      servers.start(List.of(3));
      awaitSoon("DEGRADED").until(() -> servers.status(3).get("state").equals("DEGRADED"));
      assertThat(servers.status(3).get("reason")).contains(segment.getFileName() + "_at_offset_36");
      assertThat(servers.run("set", "after", "loss").code()).isZero();
      awaitSoon("caught up")
          .until(() -> servers.number(3, "applied") >= servers.number(1, "applied"));
      servers.kill(3);
      Output aside = verify(servers);
      assertThat(aside.code()).as("the log that follows is intact").isZero();
      assertThat(aside.out()).contains("aside file=" + segment.getFileName() + ".lost-");
    }
  }

  /** The server is killed and started again; returns how long it takes to be READY. */
  private static Duration restart(ServerProcesses servers, String reads) throws IOException {
    servers.kill(1);
    long start = System.nanoTime();
    servers.start(List.of(1));
    Duration ready = Duration.ofNanos(System.nanoTime() - start);
    long mebibytes = logBytes(servers.data(1)) >> 20;
    System.out.printf(
        Locale.ROOT, "READY after %d ms from %s of %d MiB%n", ready.toMillis(), reads, mebibytes);
    return ready;
  }

  private static void deleteSnapshots(ServerProcesses servers) throws IOException {
    try (Stream<Path> files = Files.list(servers.data(1))) {
      for (Path file : files.filter(name -> name.toString().endsWith(".rsnap")).toList()) {
        Files.delete(file);
      }
    }
  }

  /** With one member away, which keeps the others from letting go of their logs. */
  @Test
  @Timeout(900)
  void aLogOfAGibibyteIsReadAgainWithinThirtySeconds() throws IOException {
    try (ServerProcesses servers = new ServerProcesses(directory, 3, "os").startAll()) {
      servers.kill(3);
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
            .until(() -> logBytes(servers.data(1)) > LARGE);
        load.stop();
      }
      assertThat(restart(servers, "its last snapshot and the log")).isLessThan(LIMIT);
      deleteSnapshots(servers);
      assertThat(restart(servers, "the log alone")).isLessThan(LIMIT);
      servers.awaitServing(two);
    }
  }
}
