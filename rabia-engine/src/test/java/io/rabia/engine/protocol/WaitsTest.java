package io.rabia.engine.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class WaitsTest {
  private static final long MS = 1_000_000;
  private static final Timing TIMING = new Timing(5 * MS, 100 * MS, 20 * MS, 1000 * MS);

  private final Waits waits = new Waits(TIMING);

  private void samples(long nanos) {
    for (int i = 0; i < 200; i++) {
      waits.sample(true, nanos);
    }
  }

  @Test
  void startsAtTheLeast() {
    assertThat(waits.owner()).isEqualTo(5 * MS);
    assertThat(waits.resend()).isEqualTo(20 * MS);
  }

  @Test
  void followsTheRoundTripWithinItsBounds() {
    samples(10 * MS);
    assertThat(waits.owner()).isBetween(39 * MS, 40 * MS);
    assertThat(waits.resend()).isBetween(156 * MS, 160 * MS);
    samples(60_000 * MS);
    assertThat(waits.owner()).isEqualTo(100 * MS);
    assertThat(waits.grace()).isEqualTo(100 * MS);
    assertThat(waits.resend()).isEqualTo(400 * MS);
    assertThat(waits.hold()).isEqualTo(100 * MS);
    samples(1000);
    assertThat(waits.hold()).isLessThan(MS);
    assertThat(waits.owner()).isEqualTo(5 * MS);
    assertThat(waits.resend()).isEqualTo(20 * MS);
  }

  @Test
  void oneSlowDecisionChangesLittle() {
    samples(MS);
    long before = waits.owner();
    waits.sample(true, 3 * MS);
    assertThat(waits.owner()).isBetween(before, 2 * before);
  }

  @Test
  void whoHasNoCommandsLearnsFromThoseOfOthers() {
    for (int i = 0; i < 200; i++) {
      waits.sample(false, 10 * MS);
    }
    assertThat(waits.owner()).isBetween(39 * MS, 40 * MS);
    samples(20 * MS);
    assertThat(waits.owner()).isBetween(79 * MS, 80 * MS);
    samples(1000);
    assertThat(waits.owner()).isBetween(39 * MS, 40 * MS);
  }

  @Test
  void theBoundOfTheResendHoldsHoweverLongTheOwnerWaits() {
    Waits patient = new Waits(new Timing(500 * MS, 5000 * MS, 20 * MS, 1000 * MS));
    assertThat(patient.resend()).isEqualTo(1000 * MS);
    assertThat(patient.maxResend()).isEqualTo(1000 * MS);
  }

  @Test
  void refusesBoundsOutOfOrder() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Timing(0, 1, 1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Timing(2, 1, 1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Timing(1, 1, 0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Timing(1, 1, 2, 1));
  }
}
