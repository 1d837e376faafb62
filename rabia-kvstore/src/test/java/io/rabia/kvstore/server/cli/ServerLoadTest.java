package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.server.cli.ServerProcesses.Output;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What load leaves in the log, as {@code status} tells it. */
@Execution(ExecutionMode.CONCURRENT)
@Tag("integration")
@Timeout(120)
final class ServerLoadTest {
  @TempDir private Path directory;

  @Test
  void decidesBatchesOfAllMembersForWritesAndNoSlotForReads() {
    try (ServerProcesses servers = new ServerProcesses(directory, 3, "fsync").startAll()) {
      Output writes = bench(servers, "0");
      assertThat(writes.number("bench clients", "ops_per_s")).isGreaterThan(100);
      servers.assertEqual();
      Map<Integer, Map<String, String>> lines = new HashMap<>();
      servers.all().forEach(id -> lines.put(id, servers.status(id)));
      long own = lines.values().stream().mapToLong(line -> number(line, "own")).sum();
      for (Map<String, String> line : lines.values()) {
        assertThat(number(line, "own")).as("batches of %s", line).isGreaterThan(20);
        assertThat(number(line, "batches")).as("%s", lines).isEqualTo(own);
        assertEverySlotIsCounted(line);
      }

      long decided = servers.number(1, "decided");
      Output reads = bench(servers, "1");
      assertThat(reads.number("bench clients", "reads")).isGreaterThan(500);
      assertThat(servers.number(1, "decided") - decided).isLessThan(10);

      servers.kill(2);
      servers.start(List.of(2));
      servers.awaitServing(servers.all());
      Map<String, String> line = servers.status(2);
      assertThat(number(line, "slots")).as("since the start of the process").isLessThan(10);
      assertEverySlotIsCounted(line);
    }
  }

  private static void assertEverySlotIsCounted(Map<String, String> line) {
    assertThat(number(line, "batches") + number(line, "noop") + number(line, "forfeits"))
        .as("%s", line)
        .isEqualTo(number(line, "slots"));
  }

  private static long number(Map<String, String> line, String field) {
    return Long.parseLong(line.getOrDefault(field, "-1"));
  }

  /** A job in the background of a script cannot be interrupted, nor can what it starts. */
  @Test
  @DisabledIf("ignoresInterrupts")
  void tellsWhoInterruptsABenchWhatCameOfItSoFar() throws Exception {
    try (ServerProcesses servers = new ServerProcesses(directory, 1, "os").startAll()) {
      List<String> options =
          List.of("--servers", servers.servers(), "--warmup", "0", "--seconds", "100");
      Process bench = servers.java("bench", RabiaKv.class, "bench", options);
      servers.awaitProgress(1, 50);
      ServerProcesses.signal(bench, "INT");
      assertThat(bench.waitFor(20, TimeUnit.SECONDS)).isTrue();
      Output output = new Output(bench.exitValue(), servers.text("bench.out"), "");
      assertThat(output.out()).hasLineCount(2);
      assertThat(output.number("bench clients", "ops_per_s")).isPositive();
      assertThat(output.number("bench clients", "errors")).isZero();
    }
  }

  static boolean ignoresInterrupts() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("SigIgn:"))
        .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) >> 1 & 1) != 0);
  }

  private static Output bench(ServerProcesses servers, String reads) {
    Output output =
        servers.run(
            "bench", "--warmup", "0.3", "--seconds", "3", "--clients", "16", "--reads", reads);
    assertThat(output.code()).isZero();
    assertThat(output.number("bench clients", "errors")).as(output.out()).isZero();
    return output;
  }
}
