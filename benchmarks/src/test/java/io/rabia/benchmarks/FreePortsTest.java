package io.rabia.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class FreePortsTest {
  @Test
  void givesNoPortTwiceAndNoneThatTheSystemHandsOutItself() {
    int[] ports = FreePorts.take(200);

    assertThat(Arrays.stream(ports).distinct()).hasSize(200);
    assertThat(Arrays.stream(ports).boxed())
        .allMatch(port -> port >= FreePorts.FIRST && port < FreePorts.END);
    assertThat(FreePorts.END).isLessThanOrEqualTo(32_768);
  }
}
