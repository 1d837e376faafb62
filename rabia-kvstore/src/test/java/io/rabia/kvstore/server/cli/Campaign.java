package io.rabia.kvstore.server.cli;

import static io.rabia.kvstore.server.cli.ServerProcesses.awaitSoon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Three servers under a mixed load, to which a test does what it likes. One thread. */
final class Campaign implements AutoCloseable {
  static final int MEMBERS = 3;

  /** Minutes, or a part of one, of each of the campaigns that may take any time; else one. */
  private static final String MINUTES = "rabia.campaign.minutes";

  private static final int CLIENTS = 24;
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  final ServerProcesses servers;
  final MixedLoad load;
  private final long start;

  /**
   * @param flags of every server, beside those that all have
   */
  Campaign(Path directory, String durability, Links links, String... flags) {
    servers = new ServerProcesses(directory, MEMBERS, durability, links).with(flags).startAll();
    load = new MixedLoad(servers.servers(), CLIENTS, TIMEOUT);
    awaitWrites(500);
    start = System.nanoTime();
  }

  static Duration length() {
    double minutes = Double.parseDouble(System.getProperty(MINUTES, "1"));
    return Duration.ofSeconds(Math.round(minutes * 60));
  }

  /** Waits until so long after the start. */
  void awaitTime(Duration sinceStart) {
    awaitNanoTime(start + sinceStart.toNanos());
  }

  static void pass(Duration time) {
    awaitNanoTime(System.nanoTime() + time.toNanos());
  }

  private static void awaitNanoTime(long time) {
    await()
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> System.nanoTime() - time >= 0);
  }

  /** Waits until so many more writes are acknowledged, and returns how long that took. */
  Duration awaitWrites(long more) {
    long begin = System.nanoTime();
    long least = load.writes() + more;
    awaitSoon(more + " writes")
        .pollInterval(Duration.ofMillis(5))
        .until(() -> load.writes() > least);
    return since(begin);
  }

  static Duration since(long begin) {
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  List<Integer> others(int id) {
    return servers.all().stream().filter(other -> other != id).toList();
  }

  /** Writes are acknowledged all the time. */
  void assertGoesOnFor(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() - end < 0) {
      assertThat(awaitWrites(10)).isLessThan(Duration.ofSeconds(2));
      pass(Duration.ofMillis(100));
    }
  }

  /** Every member serves and reaches every other. */
  boolean isWhole() {
    return servers.all().stream()
        .map(servers::status)
        .allMatch(
            status ->
                "SERVING".equals(status.get("state"))
                    && Integer.toString(MEMBERS).equals(status.get("connected")));
  }

  /** How long it takes, from a moment on, until {@link #isWhole}. */
  Duration awaitWhole(long begin) {
    awaitSoon("all are connected").until(this::isWhole);
    return since(begin);
  }

  /**
   * Ends the load and holds the servers to all they have said.
   *
   * @return what was looked at
   */
  String assertSafe() throws InterruptedException {
    servers.awaitReady(servers.all());
    awaitWhole(System.nanoTime());
    List<String> found = load.finish();
    assertThat(found).as("violations").hasSize(1);
    servers.assertEqual();
    return found.get(0);
  }

  @Override
  public void close() {
    load.close();
    servers.close();
  }
}
