package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.FakeCluster;
import io.rabia.kvstore.TestServer;
import io.rabia.kvstore.client.KvClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("integration")
@Timeout(60)
final class ServerProcessTest {
  private final List<Process> processes = new ArrayList<>();
  @TempDir private Path directory;

  @AfterEach
  void stop() throws InterruptedException {
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
  }

  private Process start(String... more) throws IOException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath,
                FakeServerMain.class.getName(),
                "server",
                "--id",
                "1",
                "--members",
                "1=127.0.0.1:1",
                "--initial",
                "new"));
    command.addAll(List.of(more));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    processes.add(process);
    return process;
  }

  private static BufferedReader output(Process process) {
    return new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  @Test
  void drainsOnTermWithoutAnErrorAtItsClientsAndExitsWithZero() throws Exception {
    Process process =
        start(
            "--client",
            "127.0.0.1:0",
            "--redis",
            "127.0.0.1:0",
            "--http",
            "127.0.0.1:0",
            "--data",
            directory.toString());
    BufferedReader output = output(process);
    String ready = output.readLine();
    assertThat(ready)
        .matches("READY id=1 client=127.0.0.1:\\d+ redis=127.0.0.1:\\d+ http=127.0.0.1:\\d+");
    String client = ready.replaceAll(".* client=(\\S+) .*", "$1");
    try (FakeCluster other = new FakeCluster();
        TestServer spare = TestServer.start(other, 2);
        KvClient kv = KvClient.connect(client + "," + spare.client())) {
      List<CompletableFuture<?>> sent = new ArrayList<>();
      for (int i = 0; i < 3000; i++) {
        sent.add(kv.getAsync(new byte[] {1}));
        if (i == 500) {
          sent.get(0).get(10, TimeUnit.SECONDS);
          process.toHandle().destroy();
        }
      }
      CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).get(10, TimeUnit.SECONDS);
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
      assertThat(output.lines()).isEmpty();
    }
  }

  @Test
  void namesTheCauseInOneLineWhenItCannotStartAndWritesNothing() throws Exception {
    Path data = directory.resolve("data");
    try (ServerSocket taken = new ServerSocket(0)) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      fails(
          "redis port " + address,
          "--client",
          "127.0.0.1:0",
          "--redis",
          address,
          "--data",
          data.toString());
    }
    Path file = Files.writeString(directory.resolve("file"), "");
    fails("is not a directory", "--client", "127.0.0.1:0", "--data", file.toString());
    Path config = Files.writeString(directory.resolve("config"), "id = 1\nfoo = 2\n");
    fails(config + ":2: unknown key 'foo'", "--config", config.toString());
    assertThat(data).doesNotExist();
  }

  private void fails(String reason, String... arguments) throws Exception {
    Process process = start(arguments);
    List<String> lines = output(process).lines().toList();
    assertThat(process.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(lines).hasSize(1);
    assertThat(lines.get(0)).startsWith("error: ").contains(reason);
  }
}
