package io.rabia.engine.protocol;

import io.rabia.core.InvariantViolation;
import io.rabia.core.NodeId;
import io.rabia.core.Quorum;
import io.rabia.core.Token;
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
    InvariantViolation.check(!members.isEmpty() && members.size() <= 64, "1 to 64 members");
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
}
