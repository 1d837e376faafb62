package io.rabia.kvstore.server.cli;

import static io.rabia.kvstore.server.cli.ServerProcesses.awaitSoon;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Members that have nothing left, one after another under load: without a disk, or with an empty
 * one. They are only started again. Without a disk the snapshot that the others take for who comes
 * back is in memory, and a second copy of what clients stored.
 */
@Isolated
@Tag("integration")
@Tag("long")
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class LostStateCampaignTest {
  private static final Duration BACK = Duration.ofSeconds(10);
  private static final Duration AT_REST = Duration.ofSeconds(2);
  private static final long LEAST_WRITES = 100;

  /** What a server may hold more in the last third of the time than in the first, in the median. */
  private static final long SLACK = 2 << 20;

  private final List<Duration> returns = new ArrayList<>();
  private final List<ServerMemory> memories = new ArrayList<>();
  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({"memory, 2", "fsync, 1"})
  void membersThatLostEverythingVoteAgainSoonAndHoldNoMoreThanBefore(String durability, int copies)
      throws Exception {
    try (Campaign campaign =
        new Campaign(directory, durability, new Links() {}, "--retained-slots=1024")) {
      campaign.servers.initial("existing");
      long end = System.nanoTime() + Campaign.length().toNanos();
      for (int turn = 0; System.nanoTime() - end < 0; turn++) {
        loseAllOf(campaign, durability, 1 + turn % Campaign.MEMBERS);
      }
      String looked = campaign.assertSafe();
      System.out.printf(
          Locale.ROOT,
          "S4 %s: returns=%d longest_return_ms=%d own_mib_first=%.1f own_mib_last=%.1f %s%n",
          durability,
          returns.size(),
          returns.stream().max(Duration::compareTo).orElseThrow().toMillis(),
          ownOfThird(0, copies) / 1e6,
          ownOfThird(2, copies) / 1e6,
          looked);
      assertThat(campaign.load.errors()).isZero();
      assertThat(returns).allMatch(back -> back.compareTo(BACK) < 0);
      assertThat(ownOfThird(2, copies)).isLessThan(ownOfThird(0, copies) + SLACK);
    }
  }

  private void loseAllOf(Campaign campaign, String durability, int victim) {
    campaign.awaitWrites(LEAST_WRITES);
    Campaign.pass(AT_REST);
    ServerMemory memory = ServerMemory.of(campaign.servers, victim);
    memories.add(memory);
    campaign.servers.kill(victim);
    campaign.servers.wipe(victim);
    campaign.awaitWrites(LEAST_WRITES);
    long begin = System.nanoTime();
    campaign.servers.launch(List.of(victim));
    try {
      awaitSoon(victim + " votes again")
          .until(() -> "SERVING".equals(campaign.servers.status(victim).get("state")));
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(campaign.servers.told(), e);
    }
    returns.add(Campaign.since(begin));
    campaign.awaitWhole(begin);
    assertThat(campaign.servers.number(victim, "epoch")).isEqualTo(returns.size());
    System.out.printf(
        Locale.ROOT,
        "S4 %s: member=%d back_ms=%d before: live_mib=%.1f stored_mib=%.1f resident_mib=%.1f%n",
        durability,
        victim,
        returns.get(returns.size() - 1).toMillis(),
        memory.live() / 1e6,
        memory.stored() / 1e6,
        memory.resident() / 1e6);
  }

  private long ownOfThird(int third, int copies) {
    int size = memories.size() / 3;
    return memories.subList(third * size, (third + 1) * size).stream()
        .mapToLong(memory -> memory.live() - copies * memory.stored())
        .sorted()
        .skip(size / 2)
        .findFirst()
        .orElseThrow();
  }
}
