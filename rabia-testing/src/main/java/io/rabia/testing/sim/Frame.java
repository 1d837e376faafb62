package io.rabia.testing.sim;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.message.FrameHeader;
import io.rabia.core.message.MessageCodec;
import io.rabia.engine.protocol.LogRecords;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
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

  /** Does it offer a batch of this origin, which promises nothing yet? */
  boolean offersOf(int origin) {
    return batches().offered.contains(origin);
  }

  /** Does it propose a batch of this origin? */
  boolean proposesOf(int origin) {
    return batches().proposed.contains(origin);
  }

  /** Does it carry this batch, in an Offer or a Propose? */
  boolean carries(long batch) {
    return batches().carried.contains(batch);
  }

  private Batches batches() {
    Batches batches = new Batches();
    ByteBuffer body = body();
    FrameHeader.skip(body);
    MessageCodec.read(body, batches);
    return batches;
  }

  private static final class Batches extends LogRecords {
    private final Set<Long> carried = new HashSet<>();
    private final Set<Integer> proposed = new HashSet<>();
    private final Set<Integer> offered = new HashSet<>();

    @Override
    public void onPropose(long slot, long id, @Nullable CommandBatch body) {
      if (BatchId.isBatch(id)) {
        proposed.add(BatchId.origin(id));
      }
      if (body != null) {
        carried.add(id);
      }
    }

    @Override
    public void onOffer(long slot, @Nullable CommandBatch body) {
      if (body != null) {
        offered.add(BatchId.origin(body.id()));
        carried.add(body.id());
      }
    }
  }

  @Override
  public String toString() {
    return FrameText.of(body());
  }
}
