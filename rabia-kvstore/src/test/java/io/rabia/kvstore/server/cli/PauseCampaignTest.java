package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.client.KvClient;
import io.rabia.network.client.ClientConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Members that stop, or whose traffic is lost, and that come back as if nothing had been. */
@Isolated
@Tag("integration")
@Tag("long")
@Timeout(300)
final class PauseCampaignTest {
  private static final Duration BACK = Duration.ofSeconds(5);
  private static final int READS = 20;
  private static final String KEY = "mark";

  private final int chosen = 1 + new SplittableRandom().nextInt(Campaign.MEMBERS);
  @TempDir private Path directory;

  /** A read that was sent to a member that is stopped, and what was acknowledged before that. */
  private record Read(long least, CompletableFuture<Long> value) {}

  @ParameterizedTest
  @ValueSource(ints = {1, 10, 60})
  void goesOnWithoutOneThatIsStoppedWhichReadsNothingStaleWhenItGoesOn(int seconds)
      throws Exception {
    try (Campaign campaign = new Campaign(directory, "os", new Links() {});
        KvClient there = KvClient.connect(campaign.servers.servers(List.of(chosen)), patient());
        KvClient others =
            KvClient.connect(campaign.servers.servers(campaign.others(chosen)), patient())) {
      others.increment(KEY, 1);
      assertThat(there.get(KEY)).contains("1");
      campaign.servers.freeze(chosen);
      List<Read> reads = new ArrayList<>();
      for (int i = 0; i < READS; i++) {
        reads.add(new Read(others.increment(KEY, 1), read(there)));
      }
      campaign.assertGoesOnFor(Duration.ofSeconds(seconds));
      assertThat(reads).noneMatch(read -> read.value().isDone());
      campaign.servers.thaw(chosen);
      Duration back = campaign.awaitWhole(System.nanoTime());
      for (Read read : reads) {
        assertThat(read.value().join()).isGreaterThanOrEqualTo(read.least());
      }
      System.out.println(
          "P2 one stopped for " + seconds + " s: back=" + back + " " + campaign.assertSafe());
      assertThat(back).isLessThan(BACK);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 10, 60})
  void stallsWhileMostAreStoppedAndResumesWhenTheyGoOn(int seconds) throws Exception {
    try (Campaign campaign = new Campaign(directory, "os", new Links() {})) {
      campaign.others(chosen).forEach(campaign.servers::freeze);
      Campaign.pass(Duration.ofMillis(500));
      long writes = campaign.load.writes();
      Campaign.pass(Duration.ofSeconds(seconds));
      assertThat(campaign.load.writes()).isEqualTo(writes);
      long begin = System.nanoTime();
      campaign.others(chosen).forEach(campaign.servers::thaw);
      campaign.awaitWrites(1);
      Duration resumed = Campaign.since(begin);
      System.out.println(
          "P2 most stopped for "
              + seconds
              + " s: resumed="
              + resumed
              + " "
              + campaign.assertSafe());
      assertThat(resumed).isLessThan(BACK);
    }
  }

  private static CompletableFuture<Long> read(KvClient client) {
    return client
        .getAsync(KEY.getBytes(StandardCharsets.UTF_8))
        .thenApply(Optional::orElseThrow)
        .thenApply(entry -> Long.parseLong(new String(entry.value(), StandardCharsets.UTF_8)));
  }

  /** Takes no pause for a death, and asks no other server. */
  private static ClientConfig patient() {
    Duration ages = Duration.ofMinutes(3);
    return ClientConfig.defaults()
        .withRequestTimeout(ages)
        .withSilence(ages)
        .withFindsMembers(false);
  }
}
