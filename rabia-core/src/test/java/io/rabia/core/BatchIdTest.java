package io.rabia.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class BatchIdTest {

  @Test
  void packsAndUnpacksItsExtremes() {
    for (int origin : new int[] {0, 1, BatchId.MAX_ORIGIN}) {
      for (long number : new long[] {1, 42, BatchId.MAX_NUMBER}) {
        BatchId id = new BatchId(origin, number);
        assertThat(BatchId.of(id.packed())).isEqualTo(id);
        assertThat(BatchId.isBatch(id.packed())).isTrue();
        assertThat(id).hasToString(origin + "." + number);
      }
    }
  }

  @Test
  void tellsBatchesFromNoopNoneAndNonsense() {
    assertThat(BatchId.isValue(BatchId.NOOP)).isTrue();
    assertThat(BatchId.isBatch(BatchId.NOOP)).isFalse();
    assertThat(BatchId.isValue(BatchId.NONE)).isFalse();
    assertThat(BatchId.isValue(BatchId.pack(5, 0))).isFalse();
    assertThat(BatchId.isValue(Long.MIN_VALUE)).isFalse();
    assertThat(BatchId.toString(BatchId.NOOP)).isEqualTo("noop");
    assertThat(BatchId.toString(BatchId.NONE)).isEqualTo("none");
  }

  @Test
  void refusesPartsOutsideTheirLimits() {
    assertThatIllegalArgumentException().isThrownBy(() -> new BatchId(-1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new BatchId(BatchId.MAX_ORIGIN + 1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new BatchId(0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new BatchId(0, BatchId.MAX_NUMBER + 1));
  }
}
