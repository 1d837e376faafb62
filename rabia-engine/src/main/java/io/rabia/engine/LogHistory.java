package io.rabia.engine;

import io.rabia.core.CommandBatch;
import io.rabia.core.RabiaException;
import io.rabia.core.message.MessageCodec;
import io.rabia.engine.protocol.LogRecords;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Follows the decisions in the log of a member that does not run as its next start will: from its
 * newest intact snapshot on, or from the start. One thread.
 */
public final class LogHistory {
  private final Records records = new Records();
  private long applied;
  private @Nullable String gap;

  /**
   * @param applied slots that are in the snapshot; 0 without one
   */
  public LogHistory(long applied) {
    this.applied = applied;
  }

  /** Takes the next group. What is no message is passed over. */
  public void group(ByteBuffer group) {
    try {
      MessageCodec.read(group, records);
    } catch (RabiaException.Serialization e) {
      // The checksum says that it was written so: by no member.
    }
  }

  /** What is missing before a record of the groups so far, for which the start gives the log up. */
  public Optional<String> gap() {
    return Optional.ofNullable(gap);
  }

  private void require(long slots, String what) {
    if (slots > applied && gap == null) {
      gap =
          "the log goes on after "
              + what
              + ", and without it only "
              + applied
              + " slots are there: the member has lost its votes";
    }
  }

  private final class Records extends LogRecords {
    @Override
    public void onDecide(long slot, long id, @Nullable CommandBatch batch) {
      require(slot, "slot " + (slot - 1) + ", whose decision is missing");
      applied = Math.max(applied, slot + 1);
    }

    @Override
    public void onInstalled(long slots) {
      require(slots, "a snapshot of " + slots + " slots, which is gone or damaged");
      applied = Math.max(applied, slots);
    }
  }
}
