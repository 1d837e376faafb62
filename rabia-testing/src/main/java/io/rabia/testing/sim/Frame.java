package io.rabia.testing.sim;

import io.rabia.core.message.FrameHeader;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** What a process sent to one or more others, as it was when it left. Immutable. */
final class Frame {
  private static final int HEARTBEAT_BYTES = FrameHeader.SIZE + 1;

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

  /** Does it say nothing but its header? */
  boolean isHeartbeat() {
    return length() == HEARTBEAT_BYTES;
  }

  @Override
  public String toString() {
    return FrameText.of(body());
  }
}
