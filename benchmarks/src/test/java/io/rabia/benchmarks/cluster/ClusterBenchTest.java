package io.rabia.benchmarks.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Tag("long")
class ClusterBenchTest {
  @TempDir private Path directory;

  @Test
  void measuresThisSystemInEveryPart() throws IOException {
    int exitCode =
        ClusterBench.commandLine()
            .execute(
                "--peers=rabia",
                "--clients=4",
                "--value-sizes=16",
                "--rounds=1",
                "--warmup=1",
                "--seconds=1",
                "--keys=100",
                "--out=" + directory);

    assertThat(exitCode).isEqualTo(CommandLine.ExitCode.OK);
    assertThat(Files.readString(directory.resolve("results.txt")))
        .contains("client-A-B-A-client", "append and force", "embedded, 16 B, 4096 outstanding, os")
        .containsPattern("os write 16 B\\R.*\\R4 +rabia")
        .containsPattern("fsync read 16 B\\R.*\\R4 +rabia")
        .containsPattern("os write 16 B at [0-9,]+/s")
        .contains("rabia: kill of any member, fsync", "rabia: stop of any member, os");
  }
}
