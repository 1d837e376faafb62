package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.FakeCluster;
import io.rabia.kvstore.KVStoreConfig;
import io.rabia.kvstore.TestServer;
import io.rabia.kvstore.server.cli.ServerProcesses.Output;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** How far an import came that did not come to its end. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(30)
final class ImportCommandTest {
  private final FakeCluster cluster =
      new FakeCluster(KVStoreConfig.builder().maxEntries(2).build());
  private final TestServer server = TestServer.start(cluster, 1);
  @TempDir private Path directory;

  @AfterEach
  void stop() {
    server.close();
    cluster.close();
  }

  /** Returns what it printed after the name of the file. */
  private String notDone(String... lines) throws IOException {
    Path file = Files.write(directory.resolve("keys"), List.of(lines));
    List<String> arguments =
        List.of("import", "--from", "" + file, "--servers", server.client(), "--timeout", "0.5");
    Output output = ServerProcesses.command(arguments);
    assertThat(output.code()).as("%s", output).isEqualTo(1);
    assertThat(output.out()).isEmpty();
    assertThat(output.err()).startsWith("error: " + file).endsWith(System.lineSeparator());
    return output.err().strip().substring(("error: " + file).length());
  }

  private static String line(String key) {
    return "{\"key\":\"" + key + "\",\"value\":\"1\"}";
  }

  @Test
  void namesTheLineThatTheStoreRefusedAndWhatIsSet() throws IOException {
    assertThat(notDone(line("a"), line("b"), line("c")))
        .startsWith(":3: STORE_FULL: ")
        .endsWith("; the 2 lines before it are set, and 0 after it; not, or it is not known: [3]");
    assertThat(cluster.store().entries()).isEqualTo(2);
  }

  @Test
  void aLineThatFailedComesBeforeOneThatIsNone() throws IOException {
    assertThat(notDone(line("a"), line("b"), line("c"), "{}")).startsWith(":3: STORE_FULL: ");
    assertThat(notDone(line("a"), line("b"), "{}"))
        .isEqualTo(":3: no key; the 2 lines before it are set");
  }

  @Test
  void namesAllThatWereOnTheirWayWhenNobodyAnswered() throws IOException {
    server.node().mode(FakeCluster.Mode.NO_QUORUM);
    assertThat(notDone(line("a"), line("b")))
        .startsWith(":1: UNAVAILABLE: ")
        .endsWith(
            "; the 0 lines before it are set, and 0 after it; not, or it is not known: [1, 2]");
  }
}
