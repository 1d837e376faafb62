package io.rabia.kvstore.server.cli;

import static io.rabia.kvstore.server.cli.ServerProcesses.awaitSoon;
import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.ReadConsistency;
import io.rabia.kvstore.FreePorts;
import io.rabia.kvstore.KvCodec;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvQuery;
import io.rabia.kvstore.server.KvServer;
import io.rabia.kvstore.server.ServerConfig;
import io.rabia.kvstore.server.Settings;
import io.rabia.network.client.RabiaClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Clients that were given the address of one server of a cluster whose members go and come. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(60)
final class FoundMembersTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final byte[] KEY = "n".getBytes(StandardCharsets.UTF_8);

  private final Map<Integer, String> peers = addresses();
  private final Map<Integer, String> clients = addresses();
  private final Map<Integer, KvServer> servers = new TreeMap<>();

  private static Map<Integer, String> addresses() {
    return IntStream.rangeClosed(1, 6)
        .boxed()
        .collect(Collectors.toMap(id -> id, id -> "127.0.0.1:" + FreePorts.next()));
  }

  @AfterEach
  void close() {
    servers.values().forEach(KvServer::close);
  }

  private String members(Integer... ids) {
    return List.of(ids).stream()
        .map(id -> id + "=" + peers.get(id))
        .collect(Collectors.joining(","));
  }

  private void start(int id, String initial, String members) {
    Map<String, String> flags =
        Map.of(
            "id",
            "" + id,
            "members",
            members,
            "initial",
            initial,
            "durability",
            "memory",
            "client",
            clients.get(id));
    ServerConfig config = ServerConfig.of(Settings.load(flags, Map.of(), null));
    servers.put(id, KvServer.start(config, KvServer::startEngine, failure -> {}));
  }

  private void startThree() {
    List.of(1, 2, 3).forEach(id -> start(id, "new", members(1, 2, 3)));
    List.of(1, 2, 3).forEach(id -> awaitState(id, "SERVING"));
  }

  private void awaitState(int id, String state) {
    awaitSoon(state + " of " + id)
        .until(() -> run("status", clients.get(id)).contains(" state=" + state + " "));
  }

  private String run(String command, String at, String... arguments) {
    List<String> line = new ArrayList<>(List.of(command));
    line.addAll(List.of(arguments));
    line.addAll(List.of("--servers", at));
    return ServerProcesses.command(line).out();
  }

  private void end(int id) {
    servers.remove(id).close();
  }

  private static void increment(RabiaClient client) {
    assertThat(client.submit(KvCodec.encode(new KvCommand.Increment(KEY, 1)))).succeedsWithin(SOON);
  }

  @Test
  void aClientGoesOnWhenTheOnlyServerThatItWasGivenIsKilled() {
    startThree();
    try (RabiaClient client = RabiaClient.connect(clients.get(1))) {
      increment(client);
      awaitSoon("all are known").until(() -> client.servers().size() == 3);
      assertThat(client.servers()).containsExactly(clients.get(1), clients.get(2), clients.get(3));
      end(1);
      increment(client);
      byte[] answer =
          client.read(KvCodec.encode(new KvQuery.Get(KEY)), ReadConsistency.LINEARIZABLE).join();
      assertThat(new String(answer, StandardCharsets.ISO_8859_1)).contains("2");
    }
  }

  @Test
  void aClientLivesThroughTheReplacementOfAllMembers() {
    startThree();
    try (RabiaClient client = RabiaClient.connect(clients.get(1))) {
      increment(client);
      for (int id = 1; id <= 3; id++) {
        int joins = id + 3;
        start(joins, "existing", members(id == 3 ? 4 : id + 1, joins));
        awaitState(joins, "CATCHING_UP");
        String replaced =
            run(
                "replace",
                clients.get(id),
                "" + id,
                joins + "=" + peers.get(joins),
                "--timeout",
                "10");
        assertThat(replaced).startsWith("members epoch=" + id + " ");
        awaitSoon("member " + joins + " is known")
            .until(() -> client.servers().contains(clients.get(joins)));
        end(id);
        increment(client);
      }
      awaitSoon("those that are gone are forgotten")
          .until(
              () ->
                  client
                      .servers()
                      .equals(
                          List.of(clients.get(1), clients.get(4), clients.get(5), clients.get(6))));
      increment(client);
    }
  }
}
