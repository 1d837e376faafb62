package io.rabia.kvstore.server.cli;

import static io.rabia.kvstore.server.cli.ServerProcesses.awaitSoon;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.FreePorts;
import io.rabia.kvstore.client.KvClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A cluster in one process that a developer starts with one command. */
@Tag("integration")
@Execution(ExecutionMode.CONCURRENT)
@Timeout(60)
final class LocalCommandTest {
  private static final int NODES = 3;

  private final int clientBase = FreePorts.next(NODES);
  private final int redisBase = FreePorts.next(NODES);
  @TempDir private Path directory;
  private ServerProcesses processes;

  @AfterEach
  void close() {
    processes.close();
  }

  private Process local(String name, String... more) {
    processes = new ServerProcesses(directory, NODES, "memory");
    List<String> flags = new ArrayList<>(List.of("--nodes", String.valueOf(NODES)));
    Collections.addAll(flags, "--client-base", String.valueOf(clientBase));
    Collections.addAll(flags, "--redis-base", String.valueOf(redisBase));
    Collections.addAll(flags, more);
    Process process = processes.java(name, RabiaKv.class, "local", flags);
    awaitSoon("READY")
        .failFast(() -> assertThat(process.isAlive()).as(processes.text(name + ".err")).isTrue())
        .until(() -> processes.text(name + ".out").contains("(ctrl-C"));
    return process;
  }

  private static void ends(Process process) throws InterruptedException {
    process.destroy();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  private List<String> clients() {
    return IntStream.range(0, NODES).mapToObj(i -> "127.0.0.1:" + (clientBase + i)).toList();
  }

  private String ready(int id) {
    String client = " client=127.0.0.1:" + (clientBase + id - 1);
    return "READY id=" + id + client + " redis=127.0.0.1:" + (redisBase + id - 1);
  }

  private String redis(int node, String command) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), redisBase + node)) {
      socket.getOutputStream().write((command + "\r\nQUIT\r\n").getBytes(US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    }
  }

  private List<String> status() {
    List<String> call = List.of("status", "--servers", String.join(",", clients()));
    return ServerProcesses.command(call).out().lines().toList();
  }

  @Test
  void oneCommandIsAClusterThatServesAtEveryPortAndEndsInOrder() throws Exception {
    Process process = local("local");
    assertThat(processes.text("local.out").lines().limit(NODES + 1L))
        .containsExactly(
            ready(1),
            ready(2),
            ready(3),
            "try: rabia-kv set greeting hello --servers " + String.join(",", clients()));
    try (KvClient client = KvClient.connect(clients().get(0))) {
      client.set("greeting", "hello");
    }
    for (int node = 0; node < NODES; node++) {
      assertThat(redis(node, "GET greeting")).startsWith("$5\r\nhello\r\n");
    }
    // a quorum serves before the last link is up
    awaitSoon("all connected to all")
        .untilAsserted(
            () -> assertThat(status()).hasSize(NODES).allMatch(s -> s.contains(" connected=3 ")));
    ends(process);
    assertThat(processes.text("local.err")).doesNotContain("Exception");
  }

  @Test
  @Tag("long")
  void goesOnWithWhatItKeptInADirectory() throws Exception {
    String[] kept = {
      "--data", directory.toString(), "--peer-base", String.valueOf(FreePorts.next(NODES))
    };
    Process first = local("first", kept);
    try (KvClient client = KvClient.connect(clients().get(1))) {
      client.set("a", "1");
    }
    ends(first);
    processes.close();
    Process second = local("second", kept);
    try (KvClient client = KvClient.connect(clients().get(2))) {
      assertThat(client.get("a")).contains("1");
    }
    ends(second);
  }
}
