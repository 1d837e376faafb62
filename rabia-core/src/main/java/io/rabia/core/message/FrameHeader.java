package io.rabia.core.message;

import io.rabia.core.InvariantViolation;
import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;

/**
 * What stands before the messages in the body of every frame between members; big-endian:
 *
 * <pre>
 * 0 format version u8 | 1 group u16 | 3 epoch i64 | 11 applied i64 | 19 kept i64 | 27 log position i64
 * </pre>
 *
 * <p>{@code applied} counts the sender's applied slots, so it is the next slot to apply; {@code
 * kept} those of them that it has again after a crash; {@code log position} is the number of its
 * last durable log group. The accessors read from the body's position on and do not move it. Pure
 * functions; the buffer belongs to the calling thread.
 */
public final class FrameHeader {

  public static final int SIZE = 35;
  public static final byte VERSION = 3;

  /** The only group so far; the field is there so that several can share a process later. */
  public static final short GROUP = 0;

  private static final int EPOCH = 3;
  private static final int APPLIED = 11;
  private static final int KEPT = 19;
  private static final int LOG_POSITION = 27;

  private FrameHeader() {}

  public static void write(ByteBuffer out, long epoch, long applied, long kept, long logPosition) {
    InvariantViolation.check(
        (epoch | applied | kept | logPosition) >= 0 && kept <= applied, "malformed frame header");
    out.put(VERSION).putShort(GROUP).putLong(epoch);
    out.putLong(applied).putLong(kept).putLong(logPosition);
  }

  /**
   * Checks everything that the accessors rely on; call it first.
   *
   * @throws RabiaException.Serialization for a body that is too short, of another version or group,
   *     or out of range
   */
  public static void validate(ByteBuffer body) {
    if (body.remaining() < SIZE) {
      throw new RabiaException.Serialization("frame of " + body.remaining() + " bytes");
    }
    byte version = body.get(body.position());
    if (version != VERSION) {
      throw new RabiaException.Serialization(
          "frame version " + Byte.toUnsignedInt(version) + ", this node speaks " + VERSION);
    }
    short group = body.getShort(body.position() + 1);
    if (group != GROUP) {
      throw new RabiaException.Serialization("frame of group " + Short.toUnsignedInt(group));
    }
    if ((epoch(body) | applied(body) | kept(body) | logPosition(body)) < 0
        || kept(body) > applied(body)) {
      throw new RabiaException.Serialization("frame header out of range");
    }
  }

  public static long epoch(ByteBuffer body) {
    return body.getLong(body.position() + EPOCH);
  }

  public static long applied(ByteBuffer body) {
    return body.getLong(body.position() + APPLIED);
  }

  public static long kept(ByteBuffer body) {
    return body.getLong(body.position() + KEPT);
  }

  public static long logPosition(ByteBuffer body) {
    return body.getLong(body.position() + LOG_POSITION);
  }

  /** Moves the position behind the header, to the first message. */
  public static void skip(ByteBuffer body) {
    body.position(body.position() + SIZE);
  }
}
