package io.rabia.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ExamplesTest {

  @Test
  @Tag("integration")
  void quickStartLosesNothingWhenAReplicaIsKilledUnderLoad() throws Exception {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();

    new QuickStart(new PrintStream(printed, true, StandardCharsets.UTF_8), Duration.ofMillis(1500))
        .run();

    assertThat(printed.toString(StandardCharsets.UTF_8))
        .contains("Operations lost: 0 ")
        .contains("All replicas are equal")
        .containsPattern("Operations committed: [0-9,]{4,}");
  }

  @Test
  @Tag("integration")
  void customStateMachineSellsEverySeatOnceWhenAServerDies() throws Exception {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();

    new CustomStateMachine(new PrintStream(printed, true, StandardCharsets.UTF_8)).run();

    assertThat(printed.toString(StandardCharsets.UTF_8))
        .contains("Server 3 dies.")
        .contains("Sold out: 3,000 seats, each of them once.")
        .contains("nobody paid twice");
  }

  @Test
  void anUnknownNameIsAnError() {
    assertThat(Examples.run("no-such-example")).isEqualTo(2);
    assertThat(Examples.run()).isZero();
  }
}
