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
        ClusterBench.execute(
            "--peers=rabia",
            "--clients=4",
            "--open-clients=4",
            "--value-sizes=16",
            "--rounds=1",
            "--warmup=1",
            "--settle=1",
            "--seconds=1",
            "--keys=100",
            "--out=" + directory);

    assertThat(exitCode).isEqualTo(CommandLine.ExitCode.OK);
    assertThat(Files.readString(directory.resolve("results.txt")))
        .contains(
            Floors.PATH, Floors.FORCED_PATH, Core.TIME, "embedded, 16 B, 4096 outstanding, os")
        .containsPattern("3 nodes, os write 16 B\\R.*\\R4 +rabia")
        .containsPattern("3 nodes, fsync read 16 B\\R.*\\R4 +rabia")
        .containsPattern("3 nodes, os write 16 B, open loop at a share of rabia\\R.*\\R4 +rabia")
        .contains("rabia: kill of any member of 3, fsync", "rabia: stop of any member of 3, os");
  }
}
