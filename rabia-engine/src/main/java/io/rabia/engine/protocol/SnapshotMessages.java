package io.rabia.engine.protocol;

import java.nio.ByteBuffer;

/**
 * Hears the messages about snapshots, which are no business of the protocol's. On the replica's
 * thread; senders are indices in the configuration.
 */
@Internal
public interface SnapshotMessages {

  /** What hears nothing. */
  SnapshotMessages NONE =
      new SnapshotMessages() {
        @Override
        public void onOffer(int from, long applied, long length, int checksum) {}

        @Override
        public void onRequest(int from, long applied, int checksum, long offset) {}

        @Override
        public void onChunk(int from, long applied, int checksum, long offset, ByteBuffer bytes) {}
      };

  /** A member has no decisions any more of what it was asked for, but this snapshot. */
  void onOffer(int from, long applied, long length, int checksum);

  void onRequest(int from, long applied, int checksum, long offset);

  /** The bytes are valid only during the call. */
  void onChunk(int from, long applied, int checksum, long offset, ByteBuffer bytes);
}
