package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.server.cli.ServerProcesses.Output;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** The members of a cluster change under load, again and again, and no client is told. */
@Isolated
@Tag("integration")
@Tag("long")
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class MembersCampaignTest {
  private static final List<Integer> FOUNDERS = List.of(1, 2, 3);
  private static final String[] LOAD = {"--rate=1000", "--clients=256"};
  private static final int CLIENTS = 24;
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  @TempDir private Path directory;

  /** What happens, beginning and ending with the founders' ids as the only members. */
  private interface Round {
    void run(ServerProcesses servers);
  }

  @Test
  void allThreeAreReplacedOneAfterTheOtherAndBackAgain() throws Exception {
    survives(
        "replaced",
        6,
        servers -> {
          for (int id : FOUNDERS) {
            replace(servers, id, id + 3);
          }
          for (int id : FOUNDERS) {
            replace(servers, id + 3, id);
          }
        });
  }

  private static void replace(ServerProcesses servers, int goes, int comes) {
    add(servers, List.of(comes), goes);
    remove(servers, List.of(goes));
  }

  @Test
  void threeBecomeFiveAndSevenAndThreeAgain() throws Exception {
    survives(
        "3 to 5 to 7 to 3",
        7,
        servers -> {
          add(servers, List.of(4, 5), 1);
          add(servers, List.of(6, 7), 2);
          remove(servers, List.of(4, 5, 6, 7));
        });
  }

  private static void add(ServerProcesses servers, List<Integer> ids, int known) {
    for (int id : ids) {
      servers.wipe(id);
      servers.join(id, known);
    }
    List<String> command = new ArrayList<>(List.of("add"));
    ids.forEach(id -> command.add(servers.member(id)));
    change(servers, command);
    servers.awaitServing(ids);
  }

  private static void remove(ServerProcesses servers, List<Integer> ids) {
    List<String> command = new ArrayList<>(List.of("remove"));
    ids.forEach(id -> command.add(Integer.toString(id)));
    change(servers, command);
    ids.forEach(id -> assertThat(servers.ended(id)).isEqualTo(RabiaKv.REFUSED));
  }

  private static void change(ServerProcesses servers, List<String> command) {
    Output output = servers.run(command.toArray(String[]::new));
    assertThat(output.code()).as("%s: %s", command, output).isZero();
  }

  private void survives(String name, int count, Round round) throws Exception {
    try (ServerProcesses servers = new ServerProcesses(directory, count, "fsync").told(FOUNDERS)) {
      servers.start(FOUNDERS);
      servers.awaitServing(FOUNDERS);
      servers.initial("existing");
      try (MixedLoad clients = new MixedLoad(servers.servers(), CLIENTS, TIMEOUT)) {
        String before;
        String during;
        try (Load load = new Load(servers.servers(), LOAD)) {
          Campaign.pass(Duration.ofSeconds(15));
          before = summary(load);
        }
        int rounds = 0;
        long begin = System.nanoTime();
        try (Load load = new Load(servers.servers(), LOAD)) {
          do {
            round.run(servers);
            rounds++;
          } while (Campaign.since(begin).compareTo(Campaign.length()) < 0);
          during = summary(load);
        }
        List<String> found = clients.finish();
        System.out.printf(
            Locale.ROOT,
            "S10 %s: rounds=%d seconds=%d %s%n  at rest: %s%n  meanwhile: %s%n",
            name,
            rounds,
            Campaign.since(begin).toSeconds(),
            found.get(0),
            before,
            during);
        assertThat(found).as("violations").hasSize(1);
        assertThat(clients.errors()).isZero();
        servers.assertEqual();
      }
    }
  }

  private static String summary(Load load) {
    Output output = load.stop();
    assertThat(output.number("bench clients", "errors")).as(output.out()).isZero();
    return output.out().lines().findFirst().orElseThrow();
  }
}
