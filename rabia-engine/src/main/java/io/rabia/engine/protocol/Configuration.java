package io.rabia.engine.protocol;

import io.rabia.core.BatchId;
import io.rabia.core.ClusterConfig;
import io.rabia.core.InvariantViolation;
import io.rabia.core.NodeId;
import io.rabia.core.Quorum;
import io.rabia.core.Token;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Who votes in a range of slots: the members in the order that lanes and tallies use. Immutable.
 *
 * @param epoch 0 for the first one
 * @param firstSlot the first slot that it governs
 * @param alpha the window: a replica takes part in slot s only if s &lt; applied + alpha, with
 *     applied the number of applied slots
 */
public record Configuration(long epoch, long firstSlot, int alpha, List<Member> members) {

  /**
   * One life of a member.
   *
   * @param origin ordinal of the token in the cluster's history: the sender of its votes, the
   *     origin of its batches
   */
  public record Member(NodeId id, Token token, int origin, String host, int port) {}

  public Configuration {
    members = List.copyOf(members);
    InvariantViolation.check(
        !members.isEmpty() && members.size() <= ClusterConfig.MAX_MEMBERS, "1 to 64 members");
  }

  public int size() {
    return members.size();
  }

  public int quorum() {
    return Quorum.size(members.size());
  }

  /** The owner of a slot, as index. */
  public int owner(long slot) {
    return (int) ((slot - firstSlot) % members.size());
  }

  /** The first slot after the round that {@code slot} belongs to. */
  public long roundEnd(long slot) {
    int n = members.size();
    return firstSlot + ((slot - firstSlot) / n + 1) * n;
  }

  /** The index of the member with this token's ordinal, or -1. */
  public int indexOf(int origin) {
    for (int i = 0; i < members.size(); i++) {
      if (members.get(i).origin() == origin) {
        return i;
      }
    }
    return -1;
  }

  /** The index of the member with this id, or -1. */
  public int indexOf(NodeId id) {
    for (int i = 0; i < members.size(); i++) {
      if (members.get(i).id().equals(id)) {
        return i;
      }
    }
    return -1;
  }

  /** The index of the member with this token, or -1. */
  public int indexOf(Token token) {
    for (int i = 0; i < members.size(); i++) {
      if (members.get(i).token().equals(token)) {
        return i;
      }
    }
    return -1;
  }

  /** A value in words: whose batch it is, as far as its origin is a member. */
  String text(long id) {
    if (!BatchId.isBatch(id)) {
      return id == BatchId.NOOP ? "NOOP" : "nothing";
    }
    int origin = BatchId.origin(id);
    int index = indexOf(origin);
    return "batch "
        + BatchId.number(id)
        + " of "
        + (index < 0 ? "origin " + origin : "member " + members.get(index).id());
  }

  void write(DataOutput out) throws IOException {
    out.writeLong(epoch);
    out.writeLong(firstSlot);
    out.writeInt(alpha);
    out.writeByte(members.size());
    for (Member member : members) {
      out.writeShort(member.id().value());
      out.writeLong(member.token().high());
      out.writeLong(member.token().low());
      out.writeInt(member.origin());
      out.writeUTF(member.host());
      out.writeInt(member.port());
    }
  }

  static Configuration read(DataInput in) throws IOException {
    long epoch = in.readLong();
    long firstSlot = in.readLong();
    int alpha = in.readInt();
    int count = in.readByte();
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      NodeId id = NodeId.of(in.readUnsignedShort());
      Token token = new Token(in.readLong(), in.readLong());
      members.add(new Member(id, token, in.readInt(), in.readUTF(), in.readInt()));
    }
    return new Configuration(epoch, firstSlot, alpha, members);
  }
}
