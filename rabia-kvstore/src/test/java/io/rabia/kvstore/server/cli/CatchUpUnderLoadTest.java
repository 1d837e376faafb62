package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.server.cli.ServerProcesses.Output;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * One that was away for ten million commands comes back by a snapshot, and clients of the others,
 * which get half of what they can bring through, hardly notice. Equal times are compared, all of
 * them once the virtual machines have the heaps that a full load gives them: how long their
 * collections take depends on that more than on anything else. A member has processors of its own;
 * here it would take one of two from the others for as long as its code is compiled, so it runs
 * beside them.
 */
@Isolated
@Tag("integration")
@Tag("long")
@Timeout(900)
final class CatchUpUnderLoadTest {
  private static final long COMMANDS = 10_000_000;
  private static final List<Integer> OTHERS = List.of(1, 2);
  private static final int AWAY = 3;
  private static final int WARMUP = 5;
  private static final int SECONDS = 15;
  private static final String MANY = "--clients=1024";
  private static final String KEYS = "--keys=500000";
  private static final double MOST_SLOWDOWN = 3;

  private final List<Output> outputs = new ArrayList<>();
  @TempDir private Path directory;

  @Test
  void othersAtHalfLoadFailNothingAndStayFastWhileOneCatchesUp() {
    try (ServerProcesses servers =
        new ServerProcesses(directory, 3, "os")
            .with("--snapshot-mb=32", "--retained-log-mb=128", "--segment-mb=16")
            .virtualMachine()
            .startAll()) {
      bench(servers, WARMUP, MANY);
      double rate = 0.5 * bench(servers, WARMUP, MANY).number("bench clients", "ops_per_s");
      String half = String.format(Locale.ROOT, "--rate=%.0f", rate);
      Output whole = bench(servers, WARMUP, MANY, half);
      servers.kill(AWAY);
      long commands = decideWithout(servers);
      Output without = bench(servers, WARMUP, MANY, half);

      Output during;
      Duration back;
      try (Load load = new Load(servers.servers(OTHERS), KEYS, MANY, half, "--warmup=" + WARMUP)) {
        Campaign.pass(Duration.ofSeconds(WARMUP));
        long begin = System.nanoTime();
        servers.launchAside(AWAY);
        servers.awaitCaughtUp(AWAY, OTHERS.get(0));
        back = Campaign.since(begin);
        Campaign.pass(Duration.ofSeconds(SECONDS).minus(back));
        during = load.stop();
      }
      assertThat(servers.errors(AWAY)).contains("installed a snapshot of ");
      servers.assertEqual();
      System.out.printf(
          Locale.ROOT,
          "P1 away for %d commands: rate=%.0f back=%s%n  all there: %s%n  without it: %s%n"
              + "  catching up: %s%n",
          commands,
          rate,
          back,
          first(whole),
          first(without),
          first(during));
      assertThat(outputs).allMatch(output -> output.number("bench clients", "errors") == 0);
      assertThat(during.number("bench clients", "errors")).isZero();
      assertThat(p99(during)).isLessThanOrEqualTo(MOST_SLOWDOWN * p99(whole));
    }
  }

  /** Returns how many commands. */
  private long decideWithout(ServerProcesses servers) {
    long commands = 0;
    while (commands < COMMANDS) {
      Output output = bench(servers, 0, MANY);
      commands += (long) (SECONDS * output.number("bench clients", "ops_per_s"));
    }
    return commands;
  }

  private Output bench(ServerProcesses servers, int warmup, String... arguments) {
    List<String> all = new ArrayList<>(List.of("bench", "--servers", servers.servers(OTHERS)));
    Collections.addAll(all, KEYS, "--seconds=" + SECONDS, "--warmup=" + warmup);
    Collections.addAll(all, arguments);
    Output output = servers.run(all.toArray(String[]::new));
    assertThat(output.code()).as(output.err()).isZero();
    outputs.add(output);
    return output;
  }

  private static String first(Output output) {
    return output.out().lines().findFirst().orElseThrow();
  }

  private static double p99(Output output) {
    return output.number("bench clients", "p99_us");
  }
}
