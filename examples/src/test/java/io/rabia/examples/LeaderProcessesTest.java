package io.rabia.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Leadership over processes that are killed and paused. */
@Tag("integration")
class LeaderProcessesTest {
  private static final Duration HEARTBEAT = Duration.ofMillis(100);
  private static final List<Integer> IDS = List.of(1, 2, 3);

  private static LeaderElection started(Duration heartbeat) throws IOException {
    LeaderElection processes = new LeaderElection(System.out, heartbeat);
    for (int id = 1; id <= 3; id++) {
      processes.start(id);
    }
    return processes;
  }

  @Test
  void theExampleShowsAKilledLeaderFollowed() throws Exception {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
    try (LeaderElection example = new LeaderElection(out, HEARTBEAT)) {
      example.run();
    }
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .containsPattern("Process [123] was killed; [123] leads after [0-9]+ ms, in term [0-9]+")
        .containsPattern("Process [123] is back and follows; its old token is refused")
        .contains("never went back");
  }

  @Test
  @Tag("long")
  void aPausedLeaderKnowsWhenItWakesAndItsTokenIsRefused() throws Exception {
    try (LeaderElection processes = started(HEARTBEAT)) {
      LeaderElection.Leading paused = processes.awaitWriter(0);
      int id = paused.id();
      signal("STOP", processes.pid(id));
      processes.await(
          "another one leads and writes",
          leading ->
              leading.id() != id
                  && processes.lines(leading.id()).contains("REGISTER " + leading.term()));
      long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1100);
      processes.await("it was paused for long enough", () -> System.nanoTime() > deadline);
      signal("CONT", processes.pid(id));
      processes.await(
          "it tells what it found",
          () -> processes.lines(id).stream().anyMatch(line -> line.startsWith("OLD_TOKEN")));
      assertThat(processes.lines(id))
          .contains("AWAKE leader=false", "OLD_TOKEN refused")
          .doesNotContain("AWAKE leader=true", "OLD_TOKEN written");
      processes.requireOrder();
    }
  }

  private static void signal(String name, long pid) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start();
    assertThat(kill.waitFor()).isZero();
  }

  /** The one that was killed comes back, tries its old token, and stands for election again. */
  @Test
  @Tag("long")
  void aHundredLeadersAreKilledAndEachIsFollowedInTime() throws Exception {
    Duration heartbeat = Duration.ofMillis(300);
    int kills = Integer.getInteger("rabia.leader.kills", 100);
    long bound = LeaderNode.config(heartbeat).electionTimeout().toMillis();
    List<Long> took = new ArrayList<>();
    try (LeaderElection processes = started(heartbeat)) {
      for (int i = 0; i < kills; i++) {
        LeaderElection.Leading leader = awaitSettled(processes);
        long at = System.nanoTime();
        processes.kill(leader.id());
        processes.awaitLeader(leader.term());
        took.add((System.nanoTime() - at) / 1_000_000);
        processes.start(leader.id());
        processes.await(
            "it has tried its old token",
            () ->
                processes.lines(leader.id()).stream()
                    .anyMatch(line -> line.startsWith("OLD_TOKEN")));
        processes.requireOrder();
      }
      awaitSettled(processes);
      requireOneHolderATerm(processes, kills);
    }
    Collections.sort(took);
    System.out.printf(
        Locale.ROOT,
        "kills=%d median_ms=%d max_ms=%d bound_ms=%d%n",
        kills,
        took.get(kills / 2),
        took.get(kills - 1),
        bound);
    assertThat(took.get(kills - 1)).isLessThanOrEqualTo(bound);
  }

  /**
   * Over all processes and lives, by what they said of themselves and by the register's history.
   */
  private static void requireOneHolderATerm(LeaderElection processes, int kills) {
    processes.requireOrder();
    Map<Long, String> holders = new TreeMap<>();
    for (int id : IDS) {
      List<List<String>> lives = processes.lives(id);
      for (int life = 0; life < lives.size(); life++) {
        String holder = id + " in life " + life;
        List<Long> terms = LeaderElection.terms(lives.get(life));
        assertThat(terms).as(holder).isSorted();
        terms.forEach(
            term ->
                assertThat(holders.putIfAbsent(term, holder))
                    .as("term %d of %s", term, holder)
                    .isIn(null, holder));
      }
    }
    assertThat(holders.size()).isGreaterThan(kills);
    List<Long> written = written(processes.lines(1));
    assertThat(written).hasSizeGreaterThan(kills).isSorted().doesNotHaveDuplicates();
    assertThat(holders.keySet()).containsAll(written);
  }

  /**
   * The values that the register ever had, as this life of a process read them from its history.
   */
  private static List<Long> written(List<String> life) {
    return life.stream()
        .filter(line -> line.startsWith("REGISTER "))
        .map(line -> Long.valueOf(line.substring("REGISTER ".length())))
        .toList();
  }

  /** One leads, has written, and all have heard so; under load it may be another one meanwhile. */
  private static LeaderElection.Leading awaitSettled(LeaderElection processes)
      throws TimeoutException {
    try {
      return processes.await("all hear who leads", leading -> settled(processes, leading));
    } catch (TimeoutException e) {
      for (int id : IDS) {
        List<String> lines = processes.lines(id);
        System.out.println(id + ": " + lines.subList(Math.max(0, lines.size() - 20), lines.size()));
      }
      throw e;
    }
  }

  private static boolean settled(LeaderElection processes, LeaderElection.Leading leader) {
    String elected = "ELECTED node-" + leader.id() + " term=" + leader.term();
    return IDS.stream()
        .map(processes::lines)
        .allMatch(lines -> lines.contains(elected) && lines.contains("REGISTER " + leader.term()));
  }
}
