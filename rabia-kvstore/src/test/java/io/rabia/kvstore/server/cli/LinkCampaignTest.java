package io.rabia.kvstore.server.cli;

import static io.rabia.kvstore.server.cli.ServerProcesses.awaitSoon;
import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.testing.StreamConditions;
import io.rabia.testing.TcpProxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One link between two members misbehaves; that connection ends, which is counted, and no more. */
@Isolated
@Tag("integration")
@Tag("long")
@Timeout(300)
final class LinkCampaignTest {
  private static final StreamConditions PERFECT = StreamConditions.perfect();
  private static final int A = 1;
  private static final int B = 2;

  private final SplittableRandom random = new SplittableRandom();
  private final Proxies proxies = new Proxies();
  @TempDir private Path directory;

  @Test
  void goesOnOverAnyDelay() throws Exception {
    survives(
        "delay",
        Map.of("corrupted", 0, "disconnects", 0),
        campaign -> {
          proxies.set(A, B, PERFECT.withDelay(Duration.ofMillis(80)));
          campaign.assertGoesOnFor(Duration.ofSeconds(2));
          proxies.set(B, A, PERFECT.withDelay(Duration.ofMillis(20)));
          campaign.assertGoesOnFor(Duration.ofSeconds(2));
        });
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.00001, 0.01, 0.1})
  void endsAConnectionWhoseBytesChange(double share) throws Exception {
    survives(
        "corruption of " + share,
        Map.of("corrupted", 1, "disconnects", 1),
        campaign -> {
          link().set(PERFECT.withCorruption(share));
          campaign.assertGoesOnFor(Duration.ofSeconds(share < 0.001 ? 20 : 4));
        });
  }

  @Test
  void endsAConnectionThatIsHalfOpen() throws Exception {
    survives(
        "half open",
        Map.of("corrupted", 0, "disconnects", 2),
        campaign -> {
          proxies.set(B, A, PERFECT.withSilence());
          campaign.assertGoesOnFor(Duration.ofSeconds(6));
        });
  }

  @Test
  void makesAConnectionAnewThatIsResetInAFrame() throws Exception {
    survives(
        "reset in a frame",
        Map.of("corrupted", 0, "disconnects", 2),
        campaign -> {
          for (int i = 0; i < 10; i++) {
            long before = link().statistics().connections();
            // In the handshake, or in one of the first frames after it.
            long bytes = i % 2 == 0 ? 17 : random.nextLong(200, 3000);
            link().reset();
            link().resetAfter(Proxies.direction(A, B), bytes);
            awaitSoon("dialed again").until(() -> link().statistics().connections() > before + 1);
          }
          campaign.assertGoesOnFor(Duration.ofSeconds(1));
        });
  }

  @Test
  void endsAConnectionThatTricklesAByteASecond() throws Exception {
    survives(
        "a byte a second",
        Map.of("corrupted", 0, "disconnects", 2),
        campaign -> {
          link().set(PERFECT.withBandwidth(1));
          campaign.assertGoesOnFor(Duration.ofSeconds(8));
        });
  }

  @Test
  void goesOnOverALinkThatIsCutAgainAndAgain() throws Exception {
    survives(
        "cuts",
        Map.of("corrupted", 0, "disconnects", 2),
        campaign -> {
          for (int i = 0; i < 10; i++) {
            link().cut();
            Campaign.pass(Duration.ofMillis(random.nextLong(10, 400)));
            link().heal();
            Campaign.pass(Duration.ofMillis(random.nextLong(10, 400)));
          }
        });
  }

  private TcpProxy link() {
    return proxies.between(A, B);
  }

  /**
   * @param least by how much these counters of the two have risen at least; 0: not at all
   */
  private void survives(String fault, Map<String, Integer> least, Consumer<Campaign> what)
      throws Exception {
    try (Campaign campaign = new Campaign(directory, "os", proxies)) {
      Map<String, Long> before = counters(campaign);
      what.accept(campaign);
      Map<String, Long> after = counters(campaign);
      link().heal();
      Duration back = campaign.awaitWhole(System.nanoTime());
      String looked = campaign.assertSafe();
      System.out.printf(
          "P4 %s: back=%s before=%s after=%s %s%n", fault, back, before, after, looked);
      least.forEach(
          (counter, rise) -> {
            long risen = after.get(counter) - before.get(counter);
            assertThat(risen).as(counter).isGreaterThanOrEqualTo(rise);
            if (rise == 0) {
              assertThat(risen).as(counter).isZero();
            }
          });
      assertThat(back).isLessThan(Duration.ofSeconds(5));
    }
  }

  /** Of the two members together. */
  private static Map<String, Long> counters(Campaign campaign) {
    return Map.of(
        "corrupted", sum(campaign, "corrupted"),
        "disconnects", sum(campaign, "disconnects"),
        "refused", sum(campaign, "refused"),
        "cut_off", sum(campaign, "cut_off"));
  }

  private static long sum(Campaign campaign, String counter) {
    return campaign.servers.peers(A, counter) + campaign.servers.peers(B, counter);
  }
}
