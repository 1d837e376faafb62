package io.rabia.engine;

import io.rabia.core.CommandBatch;
import io.rabia.core.NodeId;
import io.rabia.core.memory.MemoryPool;
import io.rabia.core.message.FrameHeader;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.transport.Transport;
import io.rabia.engine.protocol.Output;
import io.rabia.engine.protocol.Replica;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Turns the protocol's output into a log group and frames, in the order of obligation: a frame
 * leaves only when every promise written before it is durable. One thread.
 */
final class Outbox implements AutoCloseable {
  private static final int FRAME_LIMIT = 1 << 20;
  private static final long LAZY_NANOS = 1_000_000;

  /** At rest the log is flushed to its end, then once more, for the mark that says so. */
  private static final int SETTLING = 2;

  private record Held(long gate, int to, byte[] frame) {}

  private final Transport transport;
  private final Persistence persistence;
  private final Replica replica;
  private final LogCatchUp logCatchUp;
  private final Snapshots snapshots;
  private final NodeId[] ids;
  private final EncodeBuffer group;
  private final EncodeBuffer broadcast;
  private final EncodeBuffer lazy;
  private final EncodeBuffer direct;
  private final ArrayDeque<Held> held = new ArrayDeque<>();
  private final ForceTimes forces;
  private final long[] lastSent;
  private long lazyDeadline = Long.MAX_VALUE;
  private long lastPromise;

  /** Slots whose decisions are durable; those that are once a group is, or NONE; and the last. */
  private long kept;

  private long pendingApplied;
  private long pendingGroup = Persistence.NONE;
  private long lastApplied;
  private long lastGroup;
  private long appendedAt;
  private int settling;

  Outbox(
      Transport transport,
      Persistence persistence,
      Replica replica,
      LogCatchUp logCatchUp,
      Snapshots snapshots,
      MemoryPool pool,
      ForceTimes forces) {
    this.transport = transport;
    this.persistence = persistence;
    this.replica = replica;
    this.logCatchUp = logCatchUp;
    this.snapshots = snapshots;
    this.forces = forces;
    int n = replica.configuration().size();
    ids = new NodeId[n];
    lastSent = new long[n];
    for (int i = 0; i < n; i++) {
      ids[i] = replica.configuration().members().get(i).id();
    }
    group = new EncodeBuffer(pool);
    broadcast = new EncodeBuffer(pool);
    lazy = new EncodeBuffer(pool);
    direct = new EncodeBuffer(pool);
  }

  /** Logs and sends what the replica put out; false when that was nothing. */
  boolean transfer(long now) {
    Output output = replica.output();
    if (output.size() == 0) {
      return false;
    }
    log(output, now);
    frame(output, now);
    output.clear();
    return true;
  }

  private void log(Output output, long now) {
    group.clear();
    boolean promises = false;
    for (int i = 0; i < output.size(); i++) {
      if (output.has(i, Output.LOG)) {
        encode(output, i, output.has(i, Output.LOG_BATCH), group);
        promises |= output.has(i, Output.PROMISE);
      }
    }
    if (group.buffer().position() == 0) {
      return;
    }
    snapshots.logged(group.buffer().position());
    long number = persistence.append(group.buffer().flip());
    replica.appended(number);
    logCatchUp.appended(number, replica.applied());
    noteKept();
    lastGroup = number;
    lastApplied = replica.applied();
    if (pendingGroup == Persistence.NONE) {
      pendingGroup = number;
      pendingApplied = lastApplied;
    }
    appendedAt = now;
    settling = SETTLING;
    if (promises) {
      lastPromise = number;
      forces.promised(number, now);
      persistence.flush();
    }
  }

  private void frame(Output output, long now) {
    begin(broadcast);
    for (int i = 0; i < output.size(); i++) {
      if (output.kind(i) == Output.Kind.CATCH_UP_REQUEST && !output.has(i, Output.SEND)) {
        serveFromLog(output, i, now);
      } else if (output.has(i, Output.SEND)) {
        message(output, i, now);
      }
    }
    if (broadcast.buffer().position() > FrameHeader.SIZE) {
      flushBroadcast(now);
    }
  }

  private void message(Output output, int i, long now) {
    boolean body = output.has(i, Output.SEND_BATCH);
    if (output.to(i) != Output.ALL) {
      begin(direct);
      encode(output, i, body, direct);
      post(output.to(i), direct.buffer().flip(), now);
    } else if (output.has(i, Output.LAZY)) {
      if (lazy.buffer().position() == 0) {
        lazyDeadline = now + LAZY_NANOS;
      }
      encode(output, i, body, lazy);
    } else {
      encode(output, i, body, broadcast);
      if (broadcast.buffer().position() > FRAME_LIMIT) {
        flushBroadcast(now);
        begin(broadcast);
      }
    }
  }

  /** The log was read: all of it is durable. */
  void recovered() {
    kept = replica.applied();
  }

  /** So many slots this member has again after a crash. */
  long kept() {
    noteKept();
    return kept;
  }

  private void noteKept() {
    if (pendingGroup != Persistence.NONE && persistence.durable() >= pendingGroup) {
      kept = persistence.durable() >= lastGroup ? lastApplied : pendingApplied;
      pendingGroup = kept < lastApplied ? lastGroup : Persistence.NONE;
      pendingApplied = lastApplied;
    }
  }

  private void begin(EncodeBuffer target) {
    FrameHeader.write(
        target.clear(),
        replica.configuration().epoch(),
        replica.applied(),
        kept(),
        persistence.durable());
  }

  private void flushBroadcast(long now) {
    ByteBuffer late = lazy.buffer();
    if (late.position() > 0) {
      late.flip();
      broadcast.ensure(late.remaining()).put(late);
      lazy.clear();
      lazyDeadline = Long.MAX_VALUE;
    }
    ByteBuffer frame = broadcast.buffer().flip();
    for (int to = 0; to < ids.length; to++) {
      if (to != replica.self()) {
        post(to, frame, now);
      }
    }
  }

  private void post(int to, ByteBuffer frame, long now) {
    if (held.isEmpty() && persistence.durable() >= lastPromise) {
      transport.send(ids[to], frame);
      lastSent[to] = now;
    } else {
      byte[] copy = new byte[frame.remaining()];
      frame.duplicate().get(copy);
      held.add(new Held(lastPromise, to, copy));
    }
  }

  /**
   * Sends what became allowed, what waited long enough for company, and heartbeats; settles the log
   * at rest.
   */
  void advance(long now, long heartbeatNanos) {
    releaseHeld(now);
    if (now >= lazyDeadline) {
      begin(broadcast);
      flushBroadcast(now);
    }
    if (settling > 0 && now - appendedAt >= heartbeatNanos) {
      settling--;
      persistence.flush();
    }
    boolean news = replica.states().takeNews();
    for (int to = 0; to < ids.length; to++) {
      if (to != replica.self() && (news || now - lastSent[to] >= heartbeatNanos)) {
        heartbeat(to, now);
      }
    }
  }

  /** Tells a member where this one is, and what its state was like. */
  void heartbeat(int to, long now) {
    lastSent[to] = now;
    begin(direct);
    MessageCodec.heartbeat(direct.ensure(MessageCodec.maxSize(null)));
    long compared = replica.states().applied();
    if (compared > 0) {
      MessageCodec.stateHash(
          direct.ensure(MessageCodec.maxSize(null)), compared, replica.states().hash());
    }
    transport.send(ids[to], direct.buffer().flip());
  }

  void releaseHeld(long now) {
    forces.advance(persistence.durable(), now);
    Held first = held.peek();
    while (first != null && first.gate() <= persistence.durable()) {
      transport.send(ids[first.to()], ByteBuffer.wrap(first.frame()));
      lastSent[first.to()] = now;
      held.remove();
      first = held.peek();
    }
  }

  /** Frames to the peer that wait for the log are for a connection that is gone. */
  void disconnected(int peer) {
    held.removeIf(frame -> frame.to() == peer);
  }

  /** True while something here waits for time. */
  boolean waitsForTime() {
    return lazyDeadline != Long.MAX_VALUE;
  }

  /** True while frames wait for the log. */
  boolean waitsForLog() {
    return !held.isEmpty();
  }

  private void serveFromLog(Output output, int i, long now) {
    int to = output.to(i);
    begin(direct);
    logCatchUp.read(
        output.slot(i),
        output.id(i),
        output.phase(i),
        (slot, id, batch) -> {
          MessageCodec.decide(direct.ensure(MessageCodec.maxSize(batch)), slot, id, batch);
          if (direct.buffer().position() > FRAME_LIMIT) {
            post(to, direct.buffer().flip(), now);
            begin(direct);
          }
        },
        next -> {
          MessageCodec.catchUpEnd(direct.ensure(MessageCodec.maxSize(null)), next);
          post(to, direct.buffer().flip(), now);
        });
  }

  private static void encode(Output output, int i, boolean withBatch, EncodeBuffer target) {
    CommandBatch batch = withBatch ? output.batch(i) : null;
    ByteBuffer out = target.ensure(MessageCodec.maxSize(batch));
    long slot = output.slot(i);
    long id = output.id(i);
    switch (output.kind(i)) {
      case PROPOSE -> MessageCodec.propose(out, slot, id, batch);
      case VOTE1 -> MessageCodec.vote1(out, slot, output.phase(i), output.value(i), id);
      case VOTE2 -> MessageCodec.vote2(out, slot, output.phase(i), output.value(i), id);
      case DECIDE -> MessageCodec.decide(out, slot, id, batch);
      case BATCH_REQUEST -> MessageCodec.batchRequest(out, id);
      case BATCH_REPLY -> MessageCodec.batchReply(out, requireBody(batch));
      case CATCH_UP_REQUEST -> MessageCodec.catchUpRequest(out, slot, output.phase(i));
      case CATCH_UP_END -> MessageCodec.catchUpEnd(out, slot);
      case READ_PROBE -> MessageCodec.readProbe(out, slot);
      case READ_REPLY -> MessageCodec.readReply(out, slot, id);
      case NUMBERS -> MessageCodec.numbers(out, slot);
    }
  }

  private static CommandBatch requireBody(@Nullable CommandBatch batch) {
    return Objects.requireNonNull(batch, "a batch reply carries its batch");
  }

  @Override
  public void close() {
    group.close();
    broadcast.close();
    lazy.close();
    direct.close();
  }
}
