package io.rabia.core.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.rabia.core.RabiaException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchConfigTest {

  @Test
  void hasTheDocumentedDefaults() {
    assertThat(BatchConfig.defaults())
        .isEqualTo(new BatchConfig(100, 4 << 20, Duration.ofMillis(10), 65_536, 64L << 20, true));
  }

  @Test
  void refusesValuesOutsideTheirLimits() {
    List<BatchConfig.Builder> wrong =
        List.of(
            BatchConfig.builder().maxBatchSize(0),
            BatchConfig.builder().maxBatchSize(65_537).bufferCapacity(100_000),
            BatchConfig.builder().maxBatchBytes(64),
            BatchConfig.builder().maxBatchBytes((1 << 26) + 1).bufferBytes(1L << 40),
            BatchConfig.builder().maxBatchDelay(Duration.ofNanos(-1)),
            BatchConfig.builder().maxBatchDelay(Duration.ofMinutes(61)),
            BatchConfig.builder().bufferCapacity(99),
            BatchConfig.builder().bufferCapacity((1 << 24) + 1),
            BatchConfig.builder().bufferBytes((8L << 20) - 1));
    for (BatchConfig.Builder builder : wrong) {
      assertThatExceptionOfType(RabiaException.Validation.class).isThrownBy(builder::build);
    }
  }

  @Test
  void takesTheLimitsThemselves() {
    List<BatchConfig.Builder> right =
        List.of(
            BatchConfig.builder().maxBatchSize(1).bufferCapacity(1),
            BatchConfig.builder().maxBatchSize(65_536),
            BatchConfig.builder().maxBatchBytes(65).bufferBytes(130),
            BatchConfig.builder().maxBatchBytes(1 << 26).bufferBytes(1L << 27),
            BatchConfig.builder().maxBatchDelay(Duration.ZERO),
            BatchConfig.builder().maxBatchDelay(Duration.ofHours(1)),
            BatchConfig.builder().bufferCapacity(1 << 24));
    for (BatchConfig.Builder builder : right) {
      assertThatCode(builder::build).doesNotThrowAnyException();
    }
  }
}
