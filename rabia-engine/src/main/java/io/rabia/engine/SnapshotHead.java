package io.rabia.engine;

import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Token;
import io.rabia.engine.protocol.Init;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What a snapshot begins with: whose it is, and of which cluster. These are the records with which
 * a log starts, and which go with its first segment.
 */
record SnapshotHead(NodeId id, Token token, Init init) {
  static final int VERSION = 2;

  void write(DataOutput out) throws IOException {
    out.writeInt(VERSION);
    out.writeShort(id.value());
    out.writeLong(token.high());
    out.writeLong(token.low());
    ByteBuffer encoded = init.encode();
    out.writeInt(encoded.remaining());
    out.write(encoded.array(), encoded.arrayOffset() + encoded.position(), encoded.remaining());
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws RabiaException.Storage if it is of a later version
   */
  static SnapshotHead read(DataInput in) throws IOException {
    int version = in.readInt();
    if (version != VERSION) {
      throw new RabiaException.Storage(
          "a snapshot has content version " + version + ", known is " + VERSION, null);
    }
    NodeId id = NodeId.of(in.readUnsignedShort());
    Token token = new Token(in.readLong(), in.readLong());
    byte[] encoded = new byte[in.readInt()];
    in.readFully(encoded);
    return new SnapshotHead(id, token, Init.decode(ByteBuffer.wrap(encoded)));
  }
}
