package io.rabia.testing.sim;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.StateValue;
import io.rabia.core.message.FrameHeader;
import io.rabia.core.message.MessageCodec;
import io.rabia.engine.Member;
import io.rabia.engine.protocol.LogRecords;
import io.rabia.engine.protocol.SlotInstance;
import io.rabia.engine.protocol.SlotInstance.Stage;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A scheduler that sees everything and knows the coin: {@link Fault#SPLIT}. In every round a member
 * hears first who says something else than itself; one member alone, and only of the value that the
 * coin will not show, hears a majority, so that those who flip and the one who does not go on with
 * different votes. Made for three members. One thread.
 */
final class Splitting extends LogRecords {
  private record Round(long slot, int phase) {}

  private final Simulation world;
  private final Set<Round> oneHeard = new HashSet<>();
  private boolean active;
  private boolean stopped;
  private int receiver;
  private boolean hold;
  private @Nullable Round majority;

  Splitting(Simulation world) {
    this.world = world;
    world.network().scheduler(this::holds);
  }

  void begin(long lasts) {
    if (!active) {
      active = true;
      world.trace().line("faults", () -> "SPLIT begins");
      world.clock().after(lasts, () -> active = false);
    }
  }

  void stop() {
    stopped = true;
  }

  boolean isActive() {
    return active && !stopped;
  }

  private boolean holds(int from, int to, Frame frame) {
    if (!isActive() || frame.isHeartbeat()) {
      return false;
    }
    receiver = to;
    hold = false;
    majority = null;
    ByteBuffer body = frame.body();
    FrameHeader.skip(body);
    MessageCodec.read(body, this);
    if (!hold && majority != null) {
      oneHeard.add(majority);
    }
    return hold;
  }

  private @Nullable SlotInstance instance(long slot) {
    Member member = world.node(receiver).member();
    return member == null ? null : member.replica().instance(slot);
  }

  /** It would give the receiver a majority, which one may have and others may not. */
  private void majority(long slot, int phase, boolean wanted) {
    Round round = new Round(slot, phase);
    if (wanted && !oneHeard.contains(round)) {
      majority = round;
    } else {
      hold = true;
    }
  }

  private byte coin(long slot, int phase) {
    return world.coins().known().flip(0, slot, phase) ? StateValue.CODE_V1 : StateValue.CODE_V0;
  }

  /** Whoever follows a batch at once agrees with its owner: it shall speak for itself. */
  @Override
  public void onOffer(long slot, @Nullable CommandBatch batch) {
    SlotInstance own = instance(slot);
    if (batch != null && (own == null || own.stage() == Stage.IDLE)) {
      hold |= receiver == (slot + 1) % world.size();
    }
  }

  @Override
  public void onPropose(long slot, long id, @Nullable CommandBatch batch) {
    SlotInstance own = instance(slot);
    if (own == null || own.stage() == Stage.IDLE) {
      hold |= BatchId.isBatch(id) && receiver == (slot + 1) % world.size();
    } else if (own.stage() == Stage.EXCHANGE && own.proposal(receiver) == id) {
      majority(slot, 0, BatchId.isBatch(id) && coin(slot, 1) == StateValue.CODE_V0);
    }
  }

  @Override
  public void onVote1(long slot, int phase, byte value, long id) {
    SlotInstance own = instance(slot);
    if (own != null
        && own.stage() == Stage.ROUND1
        && own.phase() == phase
        && own.state() == value) {
      majority(slot, phase, value != coin(slot, phase));
    }
  }

  /** Another's value decides for who has it, too, and persuades who has not. */
  @Override
  public void onVote2(long slot, int phase, byte value, long id) {
    SlotInstance own = instance(slot);
    boolean waits = own != null && own.stage() != Stage.DECIDED && own.phase() == phase;
    hold |= waits && value != StateValue.CODE_VQUESTION;
  }
}
