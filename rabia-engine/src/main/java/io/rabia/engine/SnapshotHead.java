package io.rabia.engine;

import io.rabia.core.ClusterId;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Token;
import io.rabia.engine.protocol.Init;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/**
 * What a snapshot begins with: first the member's own part, which are the records with which a log
 * starts and which go with its first segment, and the batch numbers that it may have used; then
 * what is the same for all members, which one of them sends to another: of which cluster it is, the
 * replica's tables, the sessions, the state machine.
 */
record SnapshotHead(NodeId id, Token token, Init init) {
  static final int VERSION = 2;
  private static final int SHARED_VERSION = 2;

  /** The member's own part. */
  byte[] own(long numbersEnd) {
    ByteArrayOutputStream own = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(own);
    try {
      out.writeInt(VERSION);
      out.writeShort(id.value());
      out.writeLong(token.high());
      out.writeLong(token.low());
      ByteBuffer encoded = init.encode();
      out.writeInt(encoded.remaining());
      out.write(encoded.array(), encoded.arrayOffset() + encoded.position(), encoded.remaining());
      out.writeLong(numbersEnd);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return own.toByteArray();
  }

  /**
   * Reads what {@link #own} gave, but for the numbers.
   *
   * @throws RabiaException.Storage if it is of a later version
   */
  static SnapshotHead read(DataInput in) throws IOException {
    requireVersion(in.readInt(), VERSION);
    NodeId id = NodeId.of(in.readUnsignedShort());
    Token token = new Token(in.readLong(), in.readLong());
    byte[] encoded = new byte[in.readInt()];
    in.readFully(encoded);
    return new SnapshotHead(id, token, Init.decode(ByteBuffer.wrap(encoded)));
  }

  void writeShared(DataOutput out) throws IOException {
    ClusterId cluster = init.clusterId();
    out.writeInt(SHARED_VERSION);
    out.writeLong(cluster.high());
    out.writeLong(cluster.low());
  }

  /**
   * Reads what {@link #writeShared} wrote.
   *
   * @throws RabiaException if it is of another version or another cluster
   */
  void requireShared(DataInput in) throws IOException {
    requireVersion(in.readInt(), SHARED_VERSION);
    ClusterId cluster = new ClusterId(in.readLong(), in.readLong());
    if (!cluster.equals(init.clusterId())) {
      throw new RabiaException.WrongCluster("a snapshot of another cluster: " + cluster);
    }
  }

  private static void requireVersion(int version, int known) {
    if (version != known) {
      throw new RabiaException.Storage(
          "a snapshot has content version " + version + ", known is " + known, null);
    }
  }
}
