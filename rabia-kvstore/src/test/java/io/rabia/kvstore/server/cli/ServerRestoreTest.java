package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.server.cli.ServerProcesses.Output;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Real servers that go on with a backup of others, or with what one of three still has. */
@Execution(ExecutionMode.CONCURRENT)
@Tag("integration")
@Tag("long")
@Timeout(180)
final class ServerRestoreTest {
  private static final List<Integer> ALL = List.of(1, 2, 3);

  @TempDir private Path directory;
  @TempDir private Path elsewhere;

  private static Output offline(
      ServerProcesses servers, Path data, String command, String... more) {
    List<String> line = new ArrayList<>(List.of(command, "--data=" + data, "--id=1"));
    line.addAll(List.of("--members=" + servers.member(1), "--cluster=test", "--durability=os"));
    line.addAll(List.of(more));
    Output output = ServerProcesses.command(line);
    assertThat(output.code()).as("%s", output).isZero();
    return output;
  }

  /** The first member runs; the others come, empty, and are voted in. */
  private static void grow(ServerProcesses servers) {
    servers.initial("existing");
    servers.start(List.of(1));
    servers.awaitServing(List.of(1));
    servers.start(List.of(2, 3));
    servers.awaitStatus(2, "reason", "learner");
    servers.awaitStatus(3, "reason", "learner");
    Output added = servers.run("add", servers.member(2), servers.member(3), "--timeout", "20");
    assertThat(added.code()).as("%s", added).isZero();
    servers.awaitServing(ALL);
  }

  @Test
  void aBackupTakenUnderLoadRestoresToExactlyTheStateAtItsSlot() {
    String file = directory.resolve("backup").toString();
    Output taken;
    try (ServerProcesses servers = new ServerProcesses(directory, 3, "os").startAll();
        Load load = new Load(servers.servers(), "--warmup", "0", "--clients", "32")) {
      servers.awaitProgress(1, 500);
      assertThat(servers.run("set", "before", "the backup").code()).isZero();
      taken = servers.run("backup", "--to", file, "--timeout", "20");
      assertThat(taken.code()).as("%s", taken).isZero();
      servers.awaitProgress(2, 100);
      assertThat(servers.run("set", "after", "it").code()).isZero();
      assertThat(load.stop().number("bench clients", "errors")).isZero();
      servers.assertEqual();
      assertThat(servers.number(1, "applied")).isGreaterThan((long) taken.number("backup", "slot"));
    }
    try (ServerProcesses servers = new ServerProcesses(elsewhere, 3, "os")) {
      Output restored = offline(servers, servers.data(1), "restore", "--from=" + file);
      for (String field : List.of("slot", "hash", "data", "crc")) {
        assertThat(restored.field("backup", field)).isEqualTo(taken.field("backup", field));
      }
      servers.initial("existing");
      servers.start(List.of(1));
      servers.awaitServing(List.of(1));
      assertThat(servers.status(1))
          .containsEntry("applied", taken.field("backup", "slot"))
          .containsEntry("data", taken.field("backup", "data"));
      servers.kill(1);
      grow(servers);
      assertThat(servers.status(3)).containsEntry("data", taken.field("backup", "data"));
      assertThat(servers.run("get", "before").out()).startsWith("the backup");
      assertThat(servers.run("get", "after").code()).isEqualTo(1);
      servers.kill(1);
      assertThat(servers.run("set", "three", "again").code()).isZero();
      servers.start(List.of(1));
      servers.awaitServing(ALL);
      servers.assertEqual();
    }
  }

  @Test
  void whenTwoOfThreeAreLostForGoodTheThirdGoesOnAsANewClusterThatRefusesTheFormer() {
    try (ServerProcesses servers = new ServerProcesses(directory, 3, "os").startAll()) {
      assertThat(servers.run("set", "a", "1").code()).isZero();
      // Two of them may have answered that; what is recovered is what the first one knows.
      servers.assertEqual();
      servers.kill(ALL);
      // The directory of the third member turns up again later.
      Path lost = servers.data(3).resolveSibling("found-again");
      assertThat(servers.data(3).toFile().renameTo(lost.toFile())).isTrue();
      servers.wipe(2);
      Path recovered = directory.resolve("recovered");
      Output output =
          offline(
              servers,
              servers.data(1),
              "recover",
              "--force-new-cluster",
              "--accept-loss",
              "--to=" + recovered);
      assertThat(output.field("recover", "cluster")).isNotEqualTo(output.field("left", "cluster"));
      assertThat(servers.data(1).toFile().renameTo(directory.resolve("former").toFile())).isTrue();
      assertThat(recovered.toFile().renameTo(servers.data(1).toFile())).isTrue();
      servers.anotherCluster();
      grow(servers);
      Output got = servers.run("get", "a", "--timeout", "20");
      assertThat(got.out()).as("%s after %s", got, output).startsWith("1");
      assertThat(servers.run("set", "a", "2").code()).isZero();
      servers.kill(3);
      assertThat(servers.data(3).toFile().renameTo(directory.resolve("three").toFile())).isTrue();
      assertThat(lost.toFile().renameTo(servers.data(3).toFile())).isTrue();
      servers.start(List.of(3));
      ServerProcesses.awaitSoon("the refusal")
          .until(() -> servers.errors(3).contains("another cluster: "));
      Output former = servers.run("status", "--servers", servers.servers(List.of(3)));
      assertThat(former.out()).contains(" state=RECOVERING reason=no-quorum ");
      assertThat(servers.status(1)).containsEntry("connected", "2");
      assertThat(servers.run("get", "a", "--servers", servers.servers(List.of(1, 2))).out())
          .startsWith("2");
    }
  }
}
