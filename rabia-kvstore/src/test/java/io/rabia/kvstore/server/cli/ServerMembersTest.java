package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.server.cli.ServerProcesses.Output;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Members of real servers are added, removed and replaced by the command line, under load. */
@Execution(ExecutionMode.CONCURRENT)
@Tag("integration")
@Timeout(120)
final class ServerMembersTest {
  @TempDir private Path directory;

  /** Members from 1 to so many run, and one server more than those has ports. */
  private ServerProcesses start(int members, int servers) {
    List<Integer> ids = IntStream.rangeClosed(1, members).boxed().toList();
    ServerProcesses cluster = new ServerProcesses(directory, servers, "os").told(ids);
    cluster.start(ids);
    cluster.awaitServing(ids);
    cluster.initial("existing");
    return cluster;
  }

  private static String members(ServerProcesses servers, Integer... ids) {
    return List.of(ids).stream().map(servers::member).collect(Collectors.joining(","));
  }

  private static void assertGoverns(Output output, int epoch, String members) {
    assertThat(output.code()).as("%s", output).isZero();
    assertThat(output.out())
        .matches("members epoch=" + epoch + " from=\\d+ governs=true alpha=128 members=\\S+\\R")
        .contains(" members=" + members + System.lineSeparator());
  }

  private static void assertRefused(Output output, String why) {
    assertThat(output.code()).as("%s", output).isEqualTo(1);
    assertThat(output.err().lines().filter(line -> !line.startsWith("warning: ")).findFirst())
        .hasValueSatisfying(error -> assertThat(error).startsWith("error: " + why));
  }

  @Test
  void oneIsAddedAndAnotherRemovedWhichStopsAndSaysSo() {
    try (ServerProcesses servers = start(3, 5);
        Load load = new Load(servers.servers(List.of(1, 2, 3)), "--warmup", "0")) {
      assertRefused(
          servers.run("add", servers.member(4), "--timeout", "0.3"),
          "UNSAFE: node 4 is not connected to this one");
      servers.join(4, 2);
      assertGoverns(servers.run("add", servers.member(4)), 1, members(servers, 1, 2, 3, 4));
      servers.awaitServing(List.of(4));
      assertRefused(servers.run("remove", "2", "--epoch", "0"), "STALE: made for epoch 0, now");
      assertRefused(servers.run("remove", "5"), "there is no member 5 in [1=");
      assertGoverns(servers.run("remove", "1"), 2, members(servers, 2, 3, 4));
      assertThat(servers.ended(1)).isEqualTo(RabiaKv.REFUSED);
      assertThat(servers.errors(1))
          .containsPattern(
              "error: node 1 is not a member since slot \\d+ \\(epoch 2\\), and is not needed any"
                  + " more");
      servers.awaitProgress(4, 50);
      assertThat(load.stop().number("bench clients", "errors")).isZero();
      servers.assertEqual();
    }
  }

  @Test
  @Tag("long")
  void allThreeAreReplacedOneByOneAndThenAllAtOnceUnderLoad() {
    try (ServerProcesses servers = start(3, 6);
        Load load = new Load(servers.servers(), "--warmup", "0", "--rate", "500")) {
      for (int id = 1; id <= 3; id++) {
        servers.join(id + 3, id + 1);
        Output replaced = servers.run("replace", "" + id, servers.member(id + 3));
        assertThat(replaced.code()).as("%s", replaced).isZero();
        assertThat(servers.ended(id)).isEqualTo(RabiaKv.REFUSED);
        servers.awaitProgress(id + 3, 100);
      }
      for (int id = 1; id <= 3; id++) {
        servers.wipe(id);
        servers.join(id, 4);
      }
      Output back = servers.run("reconfigure", "--members", members(servers, 1, 2, 3));
      assertGoverns(back, 4, members(servers, 1, 2, 3));
      for (int id = 4; id <= 6; id++) {
        assertThat(servers.ended(id)).isEqualTo(RabiaKv.REFUSED);
      }
      Output narrow = servers.run("reconfigure", "--alpha", "16", "--json");
      assertThat(narrow.out()).startsWith("{\"epoch\":5,\"from\":").contains("\"alpha\":16,");
      servers.awaitProgress(1, 100);
      assertThat(load.stop().number("bench clients", "errors")).isZero();
      servers.assertEqual();
    }
  }
}
