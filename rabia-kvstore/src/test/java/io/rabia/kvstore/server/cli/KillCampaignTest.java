package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Members are killed under load, one after another and all at once, and only started again; or
 * killed and stopped in turn.
 */
@Isolated
@Tag("integration")
@Tag("long")
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class KillCampaignTest {
  private static final Duration ONE_EVERY = Duration.ofSeconds(3);
  private static final Duration ALL_EVERY = Duration.ofSeconds(20);
  private static final Duration WATCH = Duration.ofSeconds(1);
  private static final double MAX_PAUSE_MILLIS = 100;
  private static final long LEAST_WRITES = 100;
  private static final int LINES = 8;

  private final SplittableRandom random = new SplittableRandom();
  private final List<Long> writesBetween = new ArrayList<>();
  private final List<Double> pauses = new ArrayList<>();
  private int kills;
  private int stops;
  private int turns;
  private long writesBefore;
  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"fsync", "os"})
  void keepsItsPromisesWhileOneIsKilledEveryThreeSecondsAndAllEveryTwenty(String durability)
      throws Exception {
    run("P1", durability, this::killOne);
  }

  /** Those that were stopped find others with other lives when they go on. */
  @Test
  void keepsItsPromisesWhileOneIsKilledOrStoppedInTurnAndAllAreKilledEveryTwentySeconds()
      throws Exception {
    run(
        "P1 and P2",
        "os",
        campaign -> {
          if (++turns % 2 == 0) {
            stopOne(campaign);
          } else {
            killOne(campaign);
          }
        });
  }

  private void run(String what, String durability, Consumer<Campaign> toOne) throws Exception {
    try (Campaign campaign = new Campaign(directory, durability, new Links() {})) {
      long rounds = Math.max(1, Campaign.length().dividedBy(ALL_EVERY));
      Duration time = Duration.ZERO;
      for (long round = 1; round <= rounds; round++) {
        Duration end = ALL_EVERY.multipliedBy(round);
        for (time = time.plus(ONE_EVERY); time.compareTo(end) < 0; time = time.plus(ONE_EVERY)) {
          campaign.awaitTime(time);
          toOne.accept(campaign);
        }
        campaign.awaitTime(end);
        killAll(campaign);
        time = end;
      }
      campaign.awaitTime(time.plus(ONE_EVERY));
      // No kill ends this interval: all come back, however long a slow machine takes to start them.
      campaign.awaitWhole(System.nanoTime());
      Campaign.pass(WATCH);
      countWrites(campaign);
      long acknowledged = campaign.load.writes();
      String looked = campaign.assertSafe();
      System.out.printf(
          Locale.ROOT,
          "%s %s: minutes=%.1f kills=%d stops=%d acknowledged=%d least_between=%d pauses=%d"
              + " median_pause_ms=%.1f longest_pause_ms=%.1f %s%n",
          what,
          durability,
          time.toSeconds() / 60.0,
          kills,
          stops,
          acknowledged,
          writesBetween.stream().min(Long::compare).orElseThrow(),
          pauses.size(),
          pauses.stream().sorted().skip(pauses.size() / 2).findFirst().orElse(0.0),
          pauses.stream().max(Double::compare).orElse(0.0),
          looked);
      assertThat(writesBetween).as("INVALID").allMatch(writes -> writes >= LEAST_WRITES);
      assertThat(pauses).as("INVALID").hasSizeGreaterThan((int) (stops == 0 ? rounds * 2 : rounds));
      assertThat(pauses).allMatch(pause -> pause < MAX_PAUSE_MILLIS);
    }
  }

  /** Measures the pause of the others' clients when all were there and reached each other. */
  private void killOne(Campaign campaign) {
    int victim = 1 + random.nextInt(Campaign.MEMBERS);
    boolean whole = campaign.isWhole();
    campaign.others(victim).forEach(id -> campaign.load.pulse(id).restart());
    kill(campaign, List.of(victim));
    Campaign.pass(WATCH);
    if (whole) {
      long longest =
          campaign.others(victim).stream()
              .mapToLong(id -> campaign.load.pulse(id).longest())
              .max()
              .orElseThrow();
      pauses.add(longest / 1e6);
      if (longest / 1e6 >= MAX_PAUSE_MILLIS) {
        tell(campaign, String.format(Locale.ROOT, "a pause of %.1f ms", longest / 1e6), victim);
      }
    }
    campaign.servers.launch(List.of(victim));
  }

  /** For longer than the others wait for it, and than its clients do. */
  private void stopOne(Campaign campaign) {
    int victim = 1 + random.nextInt(Campaign.MEMBERS);
    countWrites(campaign);
    campaign.servers.freeze(victim);
    Campaign.pass(WATCH.plusMillis(random.nextInt(1000)));
    campaign.servers.thaw(victim);
    stops++;
  }

  private void killAll(Campaign campaign) {
    kill(campaign, campaign.servers.all());
    campaign.servers.launch(campaign.servers.all());
  }

  private void kill(Campaign campaign, Collection<Integer> victims) {
    for (int id : victims) {
      assertThat(campaign.servers.running()).as(campaign.servers.errors(id)).contains(id);
    }
    countWrites(campaign);
    if (writesBetween.get(writesBetween.size() - 1) < LEAST_WRITES) {
      tell(campaign, writesBetween.get(writesBetween.size() - 1) + " writes", 0);
    }
    campaign.servers.kill(victims);
    kills++;
  }

  /** For who looks for the cause of a demand that was not met. */
  private static void tell(Campaign campaign, String what, int dead) {
    System.out.println("P1: " + what + (dead == 0 ? "" : " after the death of " + dead));
    for (int id : campaign.servers.all()) {
      List<String> lines = campaign.servers.errors(id).lines().toList();
      System.out.println("  the last of server " + id + ":");
      lines
          .subList(Math.max(0, lines.size() - LINES), lines.size())
          .forEach(line -> System.out.println("    " + line));
    }
  }

  private void countWrites(Campaign campaign) {
    long writes = campaign.load.writes();
    writesBetween.add(writes - writesBefore);
    writesBefore = writes;
  }
}
