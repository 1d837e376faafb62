package io.rabia.kvstore.server.cli;

import static io.rabia.kvstore.server.cli.ServerProcesses.awaitSoon;
import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.FreePorts;
import io.rabia.kvstore.server.KvServer;
import io.rabia.kvstore.server.ServerConfig;
import io.rabia.kvstore.server.Settings;
import io.rabia.kvstore.server.cli.ServerProcesses.Output;
import io.rabia.testing.TcpProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The first server of the list is cut off from the other members, not from the operator, and has
 * missed a change. The servers are in this process.
 */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(60)
final class StaleServerTest {
  private static final List<Integer> ALL = List.of(1, 2, 3);

  @TempDir private Path directory;
  private Proxies proxies = new Proxies();
  private Map<Integer, String> peers = addresses();
  private Map<Integer, String> clients = addresses();
  private final List<KvServer> servers = new ArrayList<>();

  private static Map<Integer, String> addresses() {
    return ALL.stream().collect(Collectors.toMap(id -> id, id -> "127.0.0.1:" + FreePorts.next()));
  }

  /**
   * A member that was alone for a second in its first start has dialed the first one where that
   * said that it is, which no proxy cuts: then all begins anew.
   */
  @BeforeEach
  void cutTheFirstOffAndChange() {
    startAndCutTheFirstOff();
    while (!isAlone()) {
      close();
      proxies = new Proxies();
      peers = addresses();
      clients = addresses();
      startAndCutTheFirstOff();
    }
    done(List.of(2, 3), "reconfigure", "--alpha", "64");
  }

  private void startAndCutTheFirstOff() {
    ALL.forEach(this::start);
    ALL.forEach(id -> awaitState(id, "SERVING"));
    proxies.around(1, TcpProxy::cut);
    awaitSoon("the first is cut off").until(() -> !isConnected(3, 3) && !isConnected(1, 3));
  }

  private boolean isAlone() {
    return isConnected(1, 1) && isConnected(2, 2) && isConnected(3, 2);
  }

  private boolean isConnected(int id, int members) {
    return run(List.of(id), "status").out().contains(" connected=" + members + " ");
  }

  @AfterEach
  void close() {
    proxies.close();
    servers.forEach(KvServer::close);
    servers.clear();
  }

  private void start(int id) {
    String members =
        ALL.stream()
            .map(to -> to + "=" + proxies.route(id, to, peers.get(to)))
            .collect(Collectors.joining(","));
    Map<String, String> flags =
        Map.of(
            "id",
            "" + id,
            "members",
            members,
            "initial",
            "new",
            "durability",
            "memory",
            "client",
            clients.get(id));
    ServerConfig config = ServerConfig.of(Settings.load(flags, Map.of(), null));
    servers.add(KvServer.start(config, KvServer::startEngine, failure -> {}));
  }

  private void awaitState(int id, String state) {
    awaitSoon(state + " of " + id)
        .until(() -> run(List.of(id), "status").out().contains(" state=" + state + " "));
  }

  private Output run(List<Integer> ids, String... arguments) {
    List<String> line = new ArrayList<>(List.of(arguments));
    line.add("--servers");
    line.add(ids.stream().map(clients::get).collect(Collectors.joining(",")));
    return ServerProcesses.command(line);
  }

  private Output done(List<Integer> ids, String... arguments) {
    Output output = run(ids, arguments);
    assertThat(output.code()).as("%s: %s", List.of(arguments), output).isZero();
    return output;
  }

  private String behind() {
    return "warning: " + clients.get(1) + " is behind: epoch 0, not 1" + System.lineSeparator();
  }

  @Test
  void theNewestConfigurationIsPrintedAndChanged() {
    Output members = done(ALL, "members");
    assertThat(members.out()).startsWith("members epoch=1 ").contains(" alpha=64 ");
    assertThat(members.err()).isEqualTo(behind());
    Output old = done(List.of(1), "members");
    assertThat(old.out()).startsWith("members epoch=0 ");
    assertThat(old.err()).startsWith("warning: none of the servers that answer is SERVING");
    Output alone = run(List.of(1), "reconfigure", "--alpha", "128", "--timeout", "0.3");
    assertThat(alone.code()).as("%s", alone).isEqualTo(1);
    Output back = done(ALL, "reconfigure", "--alpha", "128");
    assertThat(back.out()).startsWith("members epoch=2 ").contains(" governs=true alpha=128 ");
    assertThat(back.err()).isEqualTo(behind());
  }

  @Test
  void aBackupAndAnExportAreOfAServerThatServes() throws IOException {
    done(List.of(2, 3), "set", "a", "1");
    double before = applied();
    Output backup = done(ALL, "backup", "--to", file("backup"));
    double slot = backup.number("backup", "slot");
    assertThat(slot).as("the first has less").isGreaterThanOrEqualTo(before);
    awaitSoon("slots of the round may follow").until(() -> applied() >= slot);
    assertThat(backup.err()).isEqualTo(behind());
    assertThat(done(ALL, "export", "--to", file("keys")).err()).isEqualTo(behind());
    assertThat(Files.readString(directory.resolve("keys"))).startsWith("{\"key\":\"a\",");
  }

  private double applied() {
    return done(List.of(2), "status").number("status", "applied");
  }

  private String file(String name) {
    return directory.resolve(name).toString();
  }
}
