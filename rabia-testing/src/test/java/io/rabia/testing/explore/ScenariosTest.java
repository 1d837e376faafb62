package io.rabia.testing.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The interleavings of protocol.md section 10 that concern replicas, and the lanes of its section 3, as texts in {@code
 * scenarios/}; numbers are those of section 10. {@code -Drabia.rewrite=true} writes what happens into the texts.
 */
class ScenariosTest {
  private static final Path SOURCES = Path.of("src/test/resources/scenarios");
  private static final long FIRST_OF_A = BatchId.pack(0, 1);
  private static final long FIRST_OF_B = BatchId.pack(1, 1);
  private static final long FIRST_OF_C = BatchId.pack(2, 1);

  private static ReplicaCluster play(String name) throws IOException {
    String file = name + ".txt";
    String text = read(file);
    Scenario scenario = new Scenario();
    String played = scenario.play(text);
    if (Boolean.getBoolean("rabia.rewrite")) {
      Files.writeString(SOURCES.resolve(file), played);
    } else {
      assertThat(played).isEqualTo(text);
    }
    return scenario.cluster();
  }

  private static String read(String file) throws IOException {
    try (InputStream in = ScenariosTest.class.getResourceAsStream("/scenarios/" + file)) {
      assertThat(in).as(file).isNotNull();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
//TESTS
}
