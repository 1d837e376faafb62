package io.rabia.engine;

import io.rabia.core.InvariantViolation;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Token;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.persistence.Persistence;
import io.rabia.engine.protocol.Decided;
import io.rabia.engine.protocol.Init;
import io.rabia.engine.protocol.LogRecords;
import io.rabia.engine.protocol.Recovery;
import io.rabia.engine.protocol.Replica;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the newest configuration that a log tells of, in its snapshot or in the decisions after it,
 * as far as they can be read. Without a state machine: changes are told from commands by their
 * batches. One thread.
 */
final class LastConfiguration extends LogRecords implements Persistence.GroupHandler {
  private final NodeId id;
  private final Decided decided = new Decided();
  private Token token = Token.NONE;
  private long afterSnapshot = Persistence.NONE;
  private @Nullable Replica replica;
  private @Nullable Recovery recovery;

  LastConfiguration(NodeId id) {
    this.id = id;
  }

  /** Its members, or so many if there is none. */
  int size(int otherwise) {
    return replica == null ? otherwise : replica.configuration().size();
  }

  @Override
  public void onVotesLost(String why) {}

  @Override
  public void onSnapshot(long first, InputStream content) throws IOException {
    DataInputStream in = new DataInputStream(content);
    SnapshotHead head = SnapshotHead.read(in);
    token = head.token();
    Replica known = begin(head.init());
    known.restoreNumbers(in.readLong());
    head.requireShared(in);
    known.load(in, 0);
    afterSnapshot = first;
  }

  private Replica begin(Init init) {
    Replica known = Offline.replica(init.configuration(), id, token, init.clockStart());
    replica = known;
    recovery = known.recovery(0, () -> known.pollDecided(Long.MAX_VALUE, decided));
    return known;
  }

  @Override
  public boolean onGroup(long number, ByteBuffer group) {
    Recovery known = recovery;
    try {
      if (known == null || number == afterSnapshot) {
        MessageCodec.read(group.duplicate(), this);
      }
      if (known != null) {
        MessageCodec.read(group, known);
      }
      return true;
    } catch (RabiaException.Checksum | InvariantViolation e) {
      return false; // a snapshot that is gone stood for what would come next, or a bug wrote it
    }
  }

  @Override
  public void onIdentity(int nodeId, Token own) {
    token = own;
    if (replica != null) {
      replica.speakAs(own);
    }
  }

  @Override
  public void onInit(ByteBuffer encoded) {
    if (replica == null) {
      begin(Init.decode(encoded));
    }
  }
}
