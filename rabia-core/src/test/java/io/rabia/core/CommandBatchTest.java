package io.rabia.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class CommandBatchTest {
  private static final long ID = BatchId.pack(1, 42);

  private static CommandBatch batch() {
    CommandBatch.Encoder encoder = new CommandBatch.Encoder();
    encoder.add(CommandBatch.KIND_APPLY, 7, 3, 2, "SET a 1".getBytes(StandardCharsets.UTF_8));
    encoder.add(CommandBatch.KIND_OPEN_SESSION, 0, 0, 0, new byte[0]);
    return encoder.build(ID, 1000, 40);
  }

  private static ByteBuffer bytes(CommandBatch batch) {
    ByteBuffer buffer = ByteBuffer.allocate(batch.size());
    batch.writeTo(buffer);
    return buffer.flip();
  }

  private static CommandBatch read(ByteBuffer bytes) {
    return CommandBatch.read(bytes, bytes.remaining());
  }

  /** Changes the bytes and makes the checksum right again. */
  private static ByteBuffer forged(Consumer<ByteBuffer> change) {
    ByteBuffer bytes = bytes(batch());
    change.accept(bytes);
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(4, bytes.limit() - 4));
    return bytes.putInt(0, (int) crc.getValue());
  }

  private static void refused(ByteBuffer bytes) {
    assertThatExceptionOfType(RabiaException.Serialization.class).isThrownBy(() -> read(bytes));
  }

  @Test
  void readsWhatTheEncoderMade() {
    CommandBatch batch = read(bytes(batch()));
    assertThat(batch).isEqualTo(batch()).hasSameHashCodeAs(batch());
    assertThat(batch.id()).isEqualTo(ID);
    assertThat(batch.timestamp()).isEqualTo(1000);
    assertThat(batch.lowestOutstanding()).isEqualTo(40);
    assertThat(batch.count()).isEqualTo(2);
    CommandBatch.Cursor cursor = batch.cursor();
    assertThat(cursor.next()).isTrue();
    assertThat(cursor.kind()).isEqualTo(CommandBatch.KIND_APPLY);
    assertThat(cursor.session()).isEqualTo(7);
    assertThat(cursor.number()).isEqualTo(3);
    assertThat(cursor.lowestUnanswered()).isEqualTo(2);
    assertThat(
            new String(
                cursor.array(),
                cursor.payloadOffset(),
                cursor.payloadLength(),
                StandardCharsets.UTF_8))
        .isEqualTo("SET a 1");
    assertThat(cursor.next()).isTrue();
    assertThat(cursor.kind()).isEqualTo(CommandBatch.KIND_OPEN_SESSION);
    assertThat(cursor.next()).isFalse();
  }

  @Test
  void refusesEveryFlippedBitAndEveryCut() {
    byte[] whole = bytes(batch()).array();
    for (int i = 0; i < whole.length; i++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] flipped = whole.clone();
        flipped[i] ^= (byte) (1 << bit);
        refused(ByteBuffer.wrap(flipped));
      }
      refused(ByteBuffer.wrap(whole, 0, i));
    }
  }

  @Test
  void refusesContradictionsUnderAValidChecksum() {
    assertThat(read(forged(b -> {}))).isEqualTo(batch());
    refused(forged(b -> b.putInt(4, 1 << 30)));
    refused(forged(b -> b.putLong(8, BatchId.NOOP)));
    refused(forged(b -> b.putLong(8, BatchId.NONE)));
    refused(forged(b -> b.putLong(16, -1)));
    refused(forged(b -> b.putLong(24, 0)));
    refused(forged(b -> b.putLong(24, 43)));
    refused(forged(b -> b.putInt(32, -1)));
    refused(forged(b -> b.putInt(32, 1)));
    refused(forged(b -> b.putInt(32, Integer.MAX_VALUE)));
    refused(forged(b -> b.put(36, (byte) 0)));
    refused(forged(b -> b.put(36, (byte) 4)));
    refused(forged(b -> b.putInt(36 + 25, -1)));
    refused(forged(b -> b.putInt(36 + 25, Integer.MAX_VALUE)));
  }

  @Test
  void refusesALengthThatIsNotThere() {
    ByteBuffer bytes = bytes(batch());
    for (int length : new int[] {Integer.MIN_VALUE, -1, 0, 35, bytes.limit() + 1, 1 << 30}) {
      assertThatExceptionOfType(RabiaException.Serialization.class)
          .isThrownBy(() -> CommandBatch.read(bytes.duplicate(), length));
    }
  }

  @Test
  void theEncoderIsEmptyAfterBuilding() {
    CommandBatch.Encoder encoder = new CommandBatch.Encoder();
    encoder.add(CommandBatch.KIND_APPLY, 1, 1, 1, new byte[10_000]);
    encoder.build(ID, 0, 1);
    assertThat(encoder.count()).isZero();
    assertThat(encoder.build(ID, 0, 1).size()).isEqualTo(CommandBatch.HEADER);
  }
}
