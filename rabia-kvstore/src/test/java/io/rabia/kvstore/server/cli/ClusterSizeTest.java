package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.RawClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Real clusters of every size that the others do not start. */
@Execution(ExecutionMode.CONCURRENT)
@Tag("integration")
@Timeout(120)
final class ClusterSizeTest {
  @TempDir private Path directory;

  @Test
  void oneAloneServesAndComesBack() throws IOException {
    try (ServerProcesses servers = new ServerProcesses(directory, 1, "fsync").startAll()) {
      assertServes(servers, "1");
      servers.kill(1);
      servers.initial("existing");
      servers.startAll();
      assertServes(servers, "2");
      try (RawClient redis = new RawClient(servers.port(1, "redis"))) {
        redis.send("INCR n\r\nGET n\r\n");
        assertThat(redis.read(11)).isEqualTo(":3\r\n$1\r\n3\r\n");
      }
    }
  }

  @Test
  void twoServeOnlyTogether() {
    try (ServerProcesses servers = new ServerProcesses(directory, 2, "os").startAll()) {
      assertServes(servers, "1");
      servers.kill(1);
      assertThat(servers.run("get", "n", "--timeout", "0.5").err()).startsWith("error: ");
      servers.start(List.of(1));
      assertServes(servers, "2");
      servers.assertEqual();
    }
  }

  /** Its disk is gone: the others bring it back, under another token. */
  @Test
  @Tag("long")
  void aMemberWithAnEmptyDirectoryComesBackByItself() throws IOException {
    try (ServerProcesses servers = new ServerProcesses(directory, 3, "os").startAll()) {
      assertServes(servers, "1");
      servers.kill(2);
      servers.wipe(2);
      servers.initial("existing");
      servers.start(List.of(2));
      servers.awaitServing(servers.all());
      assertServes(servers, "2");
      servers.kill(1);
      assertServes(servers, "3");
      servers.start(List.of(1));
      servers.awaitServing(servers.all());
      servers.assertEqual();
    }
  }

  @Test
  @Tag("long")
  void fourServeWithoutOne() {
    try (ServerProcesses servers = new ServerProcesses(directory, 4, "os").startAll()) {
      assertServes(servers, "1");
      servers.kill(2);
      assertServes(servers, "2");
      servers.start(List.of(2));
      servers.awaitServing(servers.all());
      servers.assertEqual();
    }
  }

  @Test
  @Tag("long")
  void fiveServeWithoutTwo() {
    try (ServerProcesses servers = new ServerProcesses(directory, 5, "os").startAll();
        Load load = new Load(servers.servers(), "--warmup", "0", "--rate", "300")) {
      servers.awaitProgress(5, 50);
      servers.kill(1);
      servers.kill(4);
      servers.awaitProgress(5, 50);
      assertServes(servers, "1");
      servers.start(List.of(1, 4));
      servers.awaitServing(servers.all());
      assertThat(load.stop().number("bench clients", "errors")).isZero();
      servers.assertEqual();
    }
  }

  /** Increments through one server, with fail-over, and reads through whichever answers. */
  private static void assertServes(ServerProcesses servers, String expected) {
    assertThat(servers.run("incr", "n").out().strip()).isEqualTo(expected);
    assertThat(servers.run("get", "n").out().strip()).isEqualTo(expected);
  }
}
