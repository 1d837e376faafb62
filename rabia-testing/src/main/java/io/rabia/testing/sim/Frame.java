package io.rabia.testing.sim;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.message.FrameHeader;
import io.rabia.core.message.MessageCodec;
import io.rabia.engine.protocol.LogRecords;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** What a process sent to one or more others, as it was when it left. Immutable. */
final class Frame {
  private static final byte HEARTBEAT = 10;
  private static final int LONGEST_HEARTBEAT = FrameHeader.SIZE + 1 + 17;

  private final ByteBuffer bytes;
  private final int fingerprint;

  private Frame(ByteBuffer bytes) {
    this.bytes = bytes;
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate());
    fingerprint = (int) crc.getValue();
  }

  static Frame copyOf(ByteBuffer body) {
    byte[] copy = new byte[body.remaining()];
    body.duplicate().get(copy);
    return new Frame(ByteBuffer.wrap(copy).asReadOnlyBuffer());
  }

  /** A view of its own on the bytes. */
  ByteBuffer body() {
    return bytes.duplicate();
  }

  int length() {
    return bytes.remaining();
  }

  int fingerprint() {
    return fingerprint;
  }

  boolean holds(ByteBuffer body) {
    return bytes.equals(body);
  }

  /** Does it say only where its sender is, or what its state was like? */
  boolean isHeartbeat() {
    return bytes.get(FrameHeader.SIZE) == HEARTBEAT && length() <= LONGEST_HEARTBEAT;
  }

  /** The slots whose outcome it tells. */
  void decisions(LongConsumer slots) {
    ByteBuffer body = body();
    FrameHeader.skip(body);
    MessageCodec.read(body, LogRecords.decisions(batch -> {}, (slot, id) -> slots.accept(slot)));
  }

  /** The last batch that its sender proposes and sends along, or NONE. */
  long proposedBatch() {
    Proposals proposals = new Proposals();
    ByteBuffer body = body();
    FrameHeader.skip(body);
    MessageCodec.read(body, proposals);
    return proposals.batch;
  }

  private static final class Proposals extends LogRecords {
    private long batch = BatchId.NONE;

    @Override
    public void onPropose(long slot, long id, @Nullable CommandBatch body) {
      batch = body == null ? batch : id;
    }
  }

  @Override
  public String toString() {
    return FrameText.of(body());
  }
}
