package io.rabia.core;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;

class LimitsTest {

  private static CommandBatch batch(int commands, int bytes) {
    CommandBatch.Encoder encoder = new CommandBatch.Encoder();
    for (int i = 0; i < commands; i++) {
      encoder.add(CommandBatch.KIND_APPLY, 1, i + 1, 1, new byte[bytes]);
    }
    return encoder.build(BatchId.pack(0, 1), 0, 1);
  }

  private static void refused(Runnable check) {
    assertThatExceptionOfType(RabiaException.Validation.class).isThrownBy(check::run);
  }

  @Test
  void refusesALargerCommand() {
    Limits limits = new Limits(10, 1000, 5);
    assertThatCode(() -> limits.check(Command.of(new byte[10]))).doesNotThrowAnyException();
    refused(() -> limits.check(Command.of(new byte[11])));
  }

  @Test
  void refusesABatchWithMoreBytesCommandsOrALargerCommand() {
    assertThatCode(() -> new Limits(10, 231, 5).check(batch(5, 10))).doesNotThrowAnyException();
    refused(() -> new Limits(10, 230, 5).check(batch(5, 10)));
    refused(() -> new Limits(10, 231, 4).check(batch(5, 10)));
    refused(() -> new Limits(9, 231, 5).check(batch(5, 10)));
  }

  @Test
  void refusesLimitsThatContradictEachOther() {
    assertThatCode(() -> new Limits(100, 165, 1)).doesNotThrowAnyException();
    refused(() -> new Limits(100, 164, 1));
    refused(() -> new Limits(0, 164, 1));
    refused(() -> new Limits(1, 164, 0));
    refused(() -> new Limits(1, Integer.MIN_VALUE, 1));
  }

  @Test
  void theDefaultsTakeTheLargestCommandInABatch() {
    Limits limits = Limits.defaults();
    limits.check(batch(1, limits.maxCommandBytes()));
    refused(() -> limits.check(batch(1, limits.maxCommandBytes() + 1)));
  }
}
