package io.rabia.core.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.rabia.core.InvariantViolation;
import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class FrameHeaderTest {
  private static final String GOLDEN =
      "03"
          + "0000"
          + "0000000000000007"
          + "0000000000000105"
          + "0000000000000104"
          + "0000000000001234";

  private static void refused(ByteBuffer body, String reason) {
    assertThatExceptionOfType(RabiaException.Serialization.class)
        .isThrownBy(() -> FrameHeader.validate(body))
        .withMessageContaining(reason);
  }

  @Test
  void hasTheBytesItAlwaysHad() {
    ByteBuffer out = ByteBuffer.allocate(FrameHeader.SIZE);
    FrameHeader.write(out, 7, 0x105, 0x104, 0x1234);
    assertThat(HexFormat.of().formatHex(out.array())).isEqualTo(GOLDEN);
  }

  @Test
  void isReadFromThePositionOfTheBody() {
    ByteBuffer body = Samples.hex("ffff" + GOLDEN + "0a").position(2);
    FrameHeader.validate(body);
    assertThat(FrameHeader.epoch(body)).isEqualTo(7);
    assertThat(FrameHeader.applied(body)).isEqualTo(0x105);
    assertThat(FrameHeader.kept(body)).isEqualTo(0x104);
    assertThat(FrameHeader.logPosition(body)).isEqualTo(0x1234);
    FrameHeader.skip(body);
    assertThat(body.remaining()).isEqualTo(1);
  }

  @Test
  void refusesAnotherVersionOrGroupNegativeNumbersAndAShortBody() {
    refused(Samples.hex(GOLDEN).put(0, (byte) 1), "version 1");
    refused(Samples.hex(GOLDEN).putShort(1, (short) -1), "group 65535");
    for (int field : new int[] {3, 11, 19, 27}) {
      refused(Samples.hex(GOLDEN).putLong(field, -1), "out of range");
    }
    refused(Samples.hex(GOLDEN).putLong(19, 0x106), "out of range");
    for (int length = 0; length < FrameHeader.SIZE; length++) {
      refused(Samples.hex(GOLDEN).limit(length), length + " bytes");
    }
  }

  @Test
  void refusesToWriteNegativeNumbers() {
    ByteBuffer out = ByteBuffer.allocate(FrameHeader.SIZE);
    assertThatExceptionOfType(InvariantViolation.class)
        .isThrownBy(() -> FrameHeader.write(out, 0, -1, 0, 0));
  }
}
