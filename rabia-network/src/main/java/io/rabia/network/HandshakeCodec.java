package io.rabia.network;

import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Token;
import io.rabia.core.transport.Handshake;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that come before the first frame of the engine: a preface (magic, format version), then
 * framed messages, first HELLO of the dialer, then HELLO of the acceptor, then ACCEPTED of the
 * dialer; or REFUSED with a code and words in place of any answer. The preface and REFUSED stay the
 * same in all versions. Stateless.
 */
final class HandshakeCodec {
  static final int VERSION = 3;
  static final int PREFACE_BYTES = 8;

  /** Longest handshake message, far below what a connection may hold before it is accepted. */
  static final int MAX_MESSAGE_BYTES = 1024;

  static final byte HELLO = 1;
  static final byte ACCEPTED = 2;
  static final byte REFUSED = 3;

  private static final byte[] MAGIC = {'R', 'A', 'B', 'I', 'A', 0x01};
  private static final int MAX_NAME_BYTES = 255;
  private static final int MAX_HOST_BYTES = 255;
  private static final int MAX_REASON_BYTES = 512;

  /** Why a connection was refused, as told to the other side. */
  enum Refusal {
    /** Another format version. */
    VERSION,
    /** Its id is not in the configuration. */
    UNKNOWN_MEMBER,
    /** It has the id of the one it talks to. */
    OWN_ID,
    /** At the dialed address lives another member. */
    WRONG_MEMBER,
    /** The lower id dials, the higher one waits for it. */
    WRONG_DIRECTION,
    /** The engine refused; the words say why. */
    ENGINE,
    /** A code of a later version. */
    OTHER;

    static Refusal of(int code) {
      return code >= 0 && code < OTHER.ordinal() ? values()[code] : OTHER;
    }
  }

  /**
   * A HELLO that arrived.
   *
   * @param client where clients reach the member; null when it does not say
   */
  record Hello(Handshake handshake, ClusterConfig.@Nullable Member client) {}

  /** A refusal that arrived. */
  record Refused(Refusal refusal, String reason) {}

  private HandshakeCodec() {}

  static byte[] preface() {
    byte[] preface = Arrays.copyOf(MAGIC, PREFACE_BYTES);
    preface[6] = (byte) (VERSION >>> 8);
    preface[7] = (byte) VERSION;
    return preface;
  }

  /** Whether a byte at this place of the preface can belong to a member, of whatever version. */
  static boolean plausible(int index, byte value) {
    return index >= MAGIC.length || MAGIC[index] == value;
  }

  /**
   * @param client where clients reach this member; null when nobody is told
   */
  static ByteBuffer hello(Handshake handshake, ClusterConfig.@Nullable Member client) {
    byte[] name = handshake.clusterName().getBytes(StandardCharsets.UTF_8);
    byte[] host = (client == null ? "" : client.host()).getBytes(StandardCharsets.UTF_8);
    if (name.length > MAX_NAME_BYTES || host.length > MAX_HOST_BYTES) {
      throw new RabiaException.Validation(
          "cluster name of " + name.length + " bytes, host of clients of " + host.length);
    }
    return ByteBuffer.allocate(MAX_MESSAGE_BYTES)
        .put(HELLO)
        .putShort((short) name.length)
        .put(name)
        .putLong(handshake.clusterId().high())
        .putLong(handshake.clusterId().low())
        .putInt(handshake.id().value())
        .putLong(handshake.token().high())
        .putLong(handshake.token().low())
        .putLong(handshake.epoch())
        .putInt(handshake.alpha())
        .putLong(handshake.secretHash())
        .putLong(handshake.logPosition())
        .putLong(handshake.seenOfReceiver())
        .putLong(handshake.seenToken().high())
        .putLong(handshake.seenToken().low())
        .putShort((short) host.length)
        .put(host)
        .putShort((short) (client == null ? 0 : client.port()))
        .flip();
  }

  static ByteBuffer accepted() {
    return ByteBuffer.wrap(new byte[] {ACCEPTED});
  }

  static ByteBuffer refused(Refusal refusal, String reason) {
    byte[] words = reason.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(words.length, MAX_REASON_BYTES);
    return ByteBuffer.allocate(4 + length)
        .put(REFUSED)
        .put((byte) refusal.ordinal())
        .putShort((short) length)
        .put(words, 0, length)
        .flip();
  }

  /** What follows the kind of a HELLO. @throws RabiaException.Serialization when it is malformed */
  static Hello readHello(ByteBuffer in) {
    try {
      Handshake handshake =
          new Handshake(
              readName(in, MAX_NAME_BYTES),
              new ClusterId(in.getLong(), in.getLong()),
              NodeId.of(in.getInt()),
              new Token(in.getLong(), in.getLong()),
              in.getLong(),
              in.getInt(),
              in.getLong(),
              in.getLong(),
              in.getLong(),
              new Token(in.getLong(), in.getLong()));
      ClusterConfig.Member client = readClient(in, handshake.id());
      requireEnd(in);
      return new Hello(handshake, client);
    } catch (BufferUnderflowException
        | CharacterCodingException
        | IllegalArgumentException
        | RabiaException.Validation e) {
      throw new RabiaException.Serialization("malformed handshake");
    }
  }

  private static ClusterConfig.@Nullable Member readClient(ByteBuffer in, NodeId id)
      throws CharacterCodingException {
    String host = readName(in, MAX_HOST_BYTES);
    int port = Short.toUnsignedInt(in.getShort());
    if (host.isEmpty() && port != 0) {
      throw new RabiaException.Serialization("port of clients without a host");
    }
    return host.isEmpty() ? null : new ClusterConfig.Member(id, host, port);
  }

  /**
   * What follows the kind of a REFUSED. @throws RabiaException.Serialization when it is malformed
   */
  static Refused readRefused(ByteBuffer in) {
    try {
      Refusal refusal = Refusal.of(in.get());
      String words = StandardCharsets.UTF_8.decode(readBytes(in, MAX_REASON_BYTES)).toString();
      String reason = words.replaceAll("\\p{Cntrl}", "?");
      requireEnd(in);
      return new Refused(refusal, reason);
    } catch (BufferUnderflowException e) {
      throw new RabiaException.Serialization("malformed refusal");
    }
  }

  /** What is no UTF-8 is no name: it would be another one, and longer. */
  private static String readName(ByteBuffer in, int maxBytes) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(readBytes(in, maxBytes)).toString();
  }

  private static ByteBuffer readBytes(ByteBuffer in, int maxBytes) {
    int length = in.getShort();
    if (length < 0 || length > maxBytes || length > in.remaining()) {
      throw new RabiaException.Serialization("string of " + length + " bytes in a handshake");
    }
    ByteBuffer bytes = in.slice(in.position(), length);
    in.position(in.position() + length);
    return bytes;
  }

  private static void requireEnd(ByteBuffer in) {
    if (in.hasRemaining()) {
      throw new RabiaException.Serialization("bytes after the end of a handshake message");
    }
  }
}
