package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.server.cli.ServerProcesses.Output;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is promised about time, where nothing else runs. */
@Isolated
@Tag("integration")
@Tag("long")
@Timeout(120)
final class ServerBoundsTest {
  private static final int MEMBERS = 3;
  private static final Duration CATCH_UP = Duration.ofSeconds(10);

  @TempDir private Path directory;

  private ServerProcesses start(String durability) {
    return new ServerProcesses(directory, MEMBERS, durability).startAll();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void keepsItsBoundsWhenOneIsKilled(int killed) {
    try (ServerProcesses servers = start("os");
        Load load = new Load(servers.servers(), "--warmup", "3")) {
      servers.awaitProgressFor(Duration.ofSeconds(6), killed);
      servers.kill(killed);
      servers.awaitProgressFor(Duration.ofSeconds(3), killed % MEMBERS + 1);
      long start = System.nanoTime();
      servers.start(List.of(killed));
      servers.awaitCaughtUp(killed, killed % MEMBERS + 1);
      assertSince(start, CATCH_UP);
      assertGaps(servers, load.stop(), killed, 200);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void keepsItsBoundsWhenOneIsPaused(int paused) {
    try (ServerProcesses servers = start("os");
        Load load = new Load(servers.servers(), "--warmup", "3")) {
      servers.awaitProgressFor(Duration.ofSeconds(6), paused);
      servers.freeze(paused);
      servers.awaitProgressFor(Duration.ofSeconds(5), paused % MEMBERS + 1);
      servers.thaw(paused);
      long start = System.nanoTime();
      servers.awaitCaughtUp(paused, paused % MEMBERS + 1);
      assertSince(start, CATCH_UP);
      assertGaps(servers, load.stop(), paused, 500);
    }
  }

  @Test
  void goesOnWithinTwoSecondsOnceAQuorumIsReady() {
    try (ServerProcesses servers = start("os")) {
      assertThat(servers.run("set", "a", "1").code()).isZero();
      servers.kill(List.of(2, 3));
      servers.start(List.of(2));
      long ready = System.nanoTime();
      assertThat(servers.run("set", "b", "3").code()).isZero();
      assertSince(ready, Duration.ofSeconds(2));
      assertThat(servers.run("get", "a").out().strip()).isEqualTo("1");
    }
  }

  private static void assertSince(long start, Duration bound) {
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(bound);
  }

  private static void assertGaps(ServerProcesses servers, Output bench, int failed, int millis) {
    assertThat(bench.number("bench clients", "errors")).as(bench.out()).isZero();
    for (int id : servers.all()) {
      if (id != failed) {
        String line = "bench server=" + servers.address(id, "client");
        assertThat(bench.number(line, "max_gap_ms")).as(bench.out()).isLessThan(millis);
      }
    }
  }
}
