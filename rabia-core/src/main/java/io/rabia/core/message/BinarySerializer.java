package io.rabia.core.message;

import io.rabia.core.CommandBatch;
import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** {@link Serializer#binary()}. */
final class BinarySerializer implements Serializer {

  private static final byte VERSION = 1;

  @Override
  public byte[] serialize(Message message) {
    ByteBuffer out = ByteBuffer.allocate(1 + maxSize(message));
    serialize(message, out);
    return Arrays.copyOf(out.array(), out.position());
  }

  private static int maxSize(Message message) {
    if (message instanceof Message.Init init) {
      return MessageCodec.initSize(init.encoded().remaining());
    }
    return MessageCodec.maxSize(batch(message));
  }

  private static @Nullable CommandBatch batch(Message message) {
    if (message instanceof Message.Propose propose) {
      return propose.batch();
    }
    if (message instanceof Message.Decide decide) {
      return decide.batch();
    }
    if (message instanceof Message.Offer offer) {
      return offer.batch();
    }
    return message instanceof Message.BatchReply reply ? reply.batch() : null;
  }

  @Override
  public void serialize(Message message, ByteBuffer out) {
    out.put(VERSION);
    message.writeTo(out);
  }

  @Override
  public Message deserialize(byte[] bytes) {
    return deserialize(ByteBuffer.wrap(bytes));
  }

  @Override
  public Message deserialize(ByteBuffer in) {
    if (!in.hasRemaining()) {
      throw new RabiaException.Serialization("no message");
    }
    byte version = in.get();
    if (version != VERSION) {
      throw new RabiaException.Serialization("message version " + Byte.toUnsignedInt(version));
    }
    MessageCollector collector = new MessageCollector();
    MessageCodec.readOne(in, collector);
    if (in.hasRemaining()) {
      throw new RabiaException.Serialization(in.remaining() + " bytes after the message");
    }
    return collector.messages().get(0);
  }
}
