package io.rabia.testing.sim;

import io.rabia.core.CommandBatch;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.engine.protocol.LogRecords;
import io.rabia.testing.ForwardingPersistence;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The log of one process, with a trace that tells what is written to it and when that is safe. One
 * thread.
 */
final class LogWatch extends ForwardingPersistence {
  private final Storage storage;
  private final Promises promises;
  private final Trace trace;
  private final int node;
  private long safe;

  LogWatch(Persistence log, Storage storage, Promises promises, Trace trace, int node) {
    super(log);
    this.storage = storage;
    this.promises = promises;
    this.trace = trace;
    this.node = node;
    promises.begins(policy(log.durability()), log::durable);
  }

  private static String policy(Durability durability) {
    return durability == Durability.FSYNC ? "forced" : "written";
  }

  @Override
  public long open(GroupHandler replay, Runnable wakeup) {
    long last =
        log.open(
            new Replay(replay),
            () -> {
              tellSafe();
              wakeup.run();
            });
    noteSafe();
    if (last != NONE) {
      String ends = "its log ends with group " + last + ", " + promises.safe();
      trace.logs(node, ends, promises.ends(last));
    }
    return last;
  }

  /** What it was told in its former lives is in its log. */
  private final class Replay implements GroupHandler {
    private final GroupHandler replay;

    Replay(GroupHandler replay) {
      this.replay = replay;
    }

    @Override
    public boolean onGroup(long number, ByteBuffer group) {
      MessageCodec.read(
          group.duplicate(),
          LogRecords.decisions(batch -> {}, (slot, id) -> promises.told(slot, "its own log")));
      return replay.onGroup(number, group);
    }

    @Override
    public void onVotesLost(String why) {
      replay.onVotesLost(why);
    }

    @Override
    public void onSnapshot(long first, InputStream content) throws IOException {
      replay.onSnapshot(first, content);
    }
  }

  @Override
  public long append(ByteBuffer group) {
    ByteBuffer copy = group.duplicate();
    long number = log.append(group);
    safe = log.durable();
    MessageCodec.read(copy, new Writing(number));
    return number;
  }

  /** What is new in a group, in the order in which it was said. */
  private final class Writing extends LogRecords {
    private final long group;

    Writing(long group) {
      this.group = group;
    }

    @Override
    public void onPropose(long slot, long id, @Nullable CommandBatch batch) {
      promises.logged(Word.proposal(slot), FrameText.id(id), group, null);
    }

    @Override
    public void onVote1(long slot, int phase, byte value, long id) {
      Tally.View view = promises.view(slot);
      String before = promises.value(Word.vote(Word.VOTE2, slot, phase - 1));
      Tally why = view == null ? null : Tally.ofVote1(view, phase, before);
      promises.logged(Word.vote(Word.VOTE1, slot, phase), FrameText.vote(value, id), group, why);
    }

    @Override
    public void onVote2(long slot, int phase, byte value, long id) {
      Tally.View view = promises.view(slot);
      String before = promises.value(Word.vote(Word.VOTE1, slot, phase));
      Tally why = view == null ? null : Tally.ofVote2(view, phase, before);
      promises.logged(Word.vote(Word.VOTE2, slot, phase), FrameText.vote(value, id), group, why);
    }
  }

  @Override
  public void flush() {
    log.flush();
    tellSafe();
  }

  private void tellSafe() {
    if (log.durable() > safe) {
      noteSafe();
      trace.node(node, promises::safe);
    }
  }

  /** Under a log that forces, what is safe survives a loss of power. */
  private void noteSafe() {
    safe = log.durable();
    promises.lacks(log.durability() == Durability.FSYNC ? storage.unforcedBytes() : 0);
  }
}
