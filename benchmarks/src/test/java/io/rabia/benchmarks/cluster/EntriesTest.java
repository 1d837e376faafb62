package io.rabia.benchmarks.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EntriesTest {
  private final Entries entries = new Entries(16, 40);

  @Test
  void fillsKeysUpToTheirLength() {
    assertThat(new String(entries.key(9_999_999), StandardCharsets.US_ASCII))
        .isEqualTo("0000000009999999");
  }

  @Test
  void knowsUnderWhichKeyAValueWasWritten() {
    byte[] value = entries.newValue(9_999_999);

    assertThat(value).hasSize(40);
    assertThat(entries.isValueOf(9_999_999, value)).isTrue();
    assertThat(entries.isValueOf(9_999_998, value)).isFalse();
    assertThat(entries.isValueOf(9_999_999, new byte[0])).isFalse();
    value[39]++;
    assertThat(entries.isValueOf(9_999_999, value)).isFalse();
  }

  @Test
  void writesNoValueTwice() {
    assertThat(entries.newValue(1)).isNotEqualTo(entries.newValue(1));
    assertThat(new Entries(16, 16).newValue(1)).hasSize(16);
  }
}
