package io.rabia.benchmarks.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeftoversTest {
  @TempDir private Path parent;

  @Test
  void deletesWhatAProcessThatIsNoMoreHasLeft() throws IOException, InterruptedException {
    Process ended = new ProcessBuilder("true").start();
    ended.waitFor();
    Path stale =
        Files.createDirectories(parent.resolve("cluster-bench-" + ended.pid() + "-1-jraft"));
    Files.writeString(stale.resolve("log"), "x");
    Path other = Files.createDirectories(parent.resolve("aeron-root"));
    Path own = Leftovers.directory(parent, "jraft");

    Leftovers.sweep(parent);

    assertThat(stale).doesNotExist();
    assertThat(other).exists();
    assertThat(own).exists();
    Leftovers.delete(own);
    assertThat(own).doesNotExist();
  }
}
