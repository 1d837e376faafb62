package io.rabia.kvstore.server.cli;

import static io.rabia.kvstore.server.cli.ServerProcesses.awaitSoon;
import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.client.KvClient;
import io.rabia.network.client.ClientConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** Members in network namespaces whose packets to each other are lost. */
@Isolated
@Tag("integration")
@Tag("long")
@Timeout(300)
@EnabledIf("io.rabia.kvstore.server.cli.Namespaces#available")
final class PartitionCampaignTest {
  private static final Duration BACK = Duration.ofSeconds(3);
  private static final Duration SETTLED = Duration.ofSeconds(5);
  private static final int SPARE = 6;

  @TempDir private Path directory;

  private interface Fault {
    void run(Campaign campaign, Namespaces links) throws Exception;
  }

  private void survives(String fault, Fault what) throws Exception {
    Namespaces links = new Namespaces(Campaign.MEMBERS);
    try (Campaign campaign = new Campaign(directory, "os", links)) {
      what.run(campaign, links);
      links.heal();
      Duration back = campaign.awaitWhole(System.nanoTime());
      System.out.println("P3 " + fault + ": back=" + back + " " + campaign.assertSafe());
      assertThat(back).isLessThan(BACK);
    }
  }

  @Test
  void goesOnWithoutOneThatIsCutOffWhichAnswersNothing() throws Exception {
    survives(
        "one cut off",
        (campaign, links) -> {
          int alone = 1 + new SplittableRandom().nextInt(Campaign.MEMBERS);
          campaign.others(alone).forEach(other -> links.cut(alone, other));
          campaign.assertGoesOnFor(SETTLED);
          assertThat(campaign.servers.status(alone)).containsEntry("reason", "no-quorum");
          try (KvClient there =
              KvClient.connect(
                  campaign.servers.servers(List.of(alone)),
                  ClientConfig.defaults()
                      .withRequestTimeout(Duration.ofSeconds(2))
                      .withFindsMembers(false))) {
            assertThat(there.getAsync("counter-0".getBytes(StandardCharsets.UTF_8)))
                .failsWithin(Duration.ofSeconds(5));
            assertThat(there.setAsync(new byte[] {1}, new byte[] {1}))
                .failsWithin(Duration.ofSeconds(5));
          }
        });
  }

  @Test
  void goesOnWhenOneIsHeardByNobody() throws Exception {
    survives(
        "one way",
        (campaign, links) -> {
          links.lose(2, 1, 3);
          campaign.assertGoesOnFor(SETTLED);
        });
  }

  @Test
  void goesOnWhenOneWayOfOneLinkIsLost() throws Exception {
    survives(
        "one way of one link",
        (campaign, links) -> {
          links.lose(3, 1);
          campaign.assertGoesOnFor(SETTLED);
        });
  }

  @Test
  void goesOnOverTheOneThatBothOthersReach() throws Exception {
    survives(
        "bridge",
        (campaign, links) -> {
          links.cut(1, 3);
          campaign.assertGoesOnFor(SETTLED);
          assertThat(campaign.servers.number(2, "connected")).isEqualTo(3);
          assertThat(campaign.servers.number(1, "connected")).isEqualTo(2);
        });
  }

  @Test
  void leaksNothingWhenLinksComeAndGo() throws Exception {
    survives(
        "flapping",
        (campaign, links) -> {
          List<Integer> before = counts(campaign);
          for (int i = 0; i < 30; i++) {
            int id = 1 + i % Campaign.MEMBERS;
            links.cut(id, 1 + id % Campaign.MEMBERS);
            // Now and then for so long that both notice.
            Campaign.pass(Duration.ofMillis(i % 10 == 9 ? 4500 : 300));
            links.heal();
            Campaign.pass(Duration.ofMillis(200));
          }
          campaign.awaitWhole(System.nanoTime());
          awaitSoon("no more sockets and threads than before")
              .untilAsserted(
                  () -> {
                    List<Integer> after = counts(campaign);
                    for (int i = 0; i < after.size(); i++) {
                      assertThat(after.get(i)).isLessThanOrEqualTo(before.get(i) + SPARE);
                    }
                  });
        });
  }

  private static List<Integer> counts(Campaign campaign) {
    List<Integer> counts = new ArrayList<>();
    for (int id : campaign.servers.all()) {
      counts.add(campaign.servers.count(id, "fd"));
      counts.add(campaign.servers.count(id, "task"));
    }
    return counts;
  }
}
