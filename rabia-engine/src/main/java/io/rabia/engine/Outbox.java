package io.rabia.engine;

import io.rabia.core.CommandBatch;
import io.rabia.core.memory.MemoryPool;
import io.rabia.core.message.FrameHeader;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.transport.Transport;
import io.rabia.engine.protocol.Output;
import io.rabia.engine.protocol.Replica;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.function.Consumer;
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

  private static final long MAX_WAITING_BYTES = 16 << 20;

  private record Held(long gate, int to, byte[] frame) {}

  /** Answers a member that asks for decisions which are no longer in the log. */
  @FunctionalInterface
  interface Unserved {
    void asked(int from, long slot, long now);
  }

  private final Transport transport;
  private final Persistence persistence;
  private final Replica replica;
  private final LogCatchUp logCatchUp;
  private final Snapshots snapshots;
  private final Unserved unserved;
  private final Links links;
  private final EncodeBuffer group;
  private final EncodeBuffer broadcast;
  private final EncodeBuffer lazy;
  private final EncodeBuffer direct;
  private final ArrayDeque<Held> held = new ArrayDeque<>();
  private final ForceTimes forces;
  private final boolean forced;
  private final GroupCommit commit;
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

  /** Of groups that wait for room on the disk. */
  private long waitingBytes;

  private long triedAt;

  Outbox(
      Transport transport,
      Persistence persistence,
      Replica replica,
      Links links,
      LogCatchUp logCatchUp,
      Snapshots snapshots,
      Unserved unserved,
      MemoryPool pool,
      ForceTimes forces) {
    this.transport = transport;
    this.persistence = persistence;
    this.replica = replica;
    this.logCatchUp = logCatchUp;
    this.snapshots = snapshots;
    this.unserved = unserved;
    this.forces = forces;
    this.links = links;
    forced = persistence.durability() == Durability.FSYNC;
    commit = new GroupCommit(forces);
    group = new EncodeBuffer(pool);
    broadcast = new EncodeBuffer(pool);
    lazy = new EncodeBuffer(pool);
    direct = new EncodeBuffer(pool);
  }

  /** Logs and sends what the replica put out, and forces; false when that was nothing. */
  boolean transfer(long now) {
    Output output = replica.output();
    if (output.size() == 0) {
      return force(now);
    }
    sendOffers(output, now);
    boolean promises = log(output, now);
    force(now);
    if (promises || !persistence.full()) {
      frame(output, now);
    } else {
      frameWhileFull(output, now);
    }
    output.clear();
    return true;
  }

  /** They promise nothing, so they do not wait for the log, and pass what does. */
  private void sendOffers(Output output, long now) {
    broadcast.clear();
    for (int i = 0; i < output.size(); i++) {
      if (output.kind(i) == Output.Kind.OFFER) {
        if (broadcast.buffer().position() == 0) {
          begin(broadcast);
        }
        encode(output, i, true, broadcast);
        if (broadcast.buffer().position() > FRAME_LIMIT) {
          sendToAll(broadcast.buffer().flip(), now);
          broadcast.clear();
        }
      }
    }
    if (broadcast.buffer().position() > 0) {
      sendToAll(broadcast.buffer().flip(), now);
    }
  }

  private void sendToAll(ByteBuffer frame, long now) {
    for (int to = 0; to < links.size(); to++) {
      if (to != replica.self()) {
        send(to, frame, now);
      }
    }
  }

  /** Returns whether there were promises. */
  private boolean log(Output output, long now) {
    group.clear();
    boolean promises = false;
    for (int i = 0; i < output.size(); i++) {
      if (output.has(i, Output.LOG)) {
        encode(output, i, output.has(i, Output.LOG_BATCH), group);
        promises |= output.has(i, Output.PROMISE);
      }
    }
    int bytes = group.buffer().position();
    if (bytes == 0) {
      return false;
    }
    long number = appendGroup();
    waitingBytes = persistence.full() ? waitingBytes + bytes : 0;
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
      commit.promised(now);
      if (forced) {
        transport.flush(); // offers above all: the others' forces take as long as this one
      }
    }
    return promises;
  }

  /** Forces the promises so far, if it is time; false when it is not. */
  private boolean force(long now) {
    if (forced && persistence.durable() >= lastPromise) {
      commit.forced();
    }
    if (!commit.isPending() || !commit.isDue(forced && replica.isAboutToPropose(), now)) {
      return false;
    }
    forces.begin(lastPromise);
    persistence.flush();
    releaseHeld(now);
    return true;
  }

  /** When promises are forced at the latest. */
  long deadline() {
    return commit.deadline();
  }

  /** May more be logged? What waits for room on the disk is held in memory. */
  boolean hasRoom() {
    return !persistence.full() || waitingBytes < MAX_WAITING_BYTES;
  }

  private long appendGroup() {
    snapshots.logged(group.buffer().position());
    long number = persistence.append(group.buffer().flip());
    replica.appended(number);
    logCatchUp.appended(number, replica.applied());
    return number;
  }

  private void frame(Output output, long now) {
    begin(broadcast);
    for (int i = 0; i < output.size(); i++) {
      if (output.kind(i) == Output.Kind.CATCH_UP_REQUEST && !output.has(i, Output.SEND)) {
        serveFromLog(output, i, now);
      } else if (output.has(i, Output.SEND) && output.kind(i) != Output.Kind.OFFER) {
        message(output, i, now);
      }
    }
    if (broadcast.buffer().position() > FrameHeader.SIZE) {
      flushBroadcast(now);
    }
  }

  /**
   * What would wait for the log, which may be long, is dropped, as when a connection breaks: it
   * will be sent or asked for again. Questions, and the answers to read probes, follow from no own
   * promise and need not wait. (An answer that counts a promise that is not safe names a higher
   * slot than it has to.)
   */
  private void frameWhileFull(Output output, long now) {
    for (int i = 0; i < output.size(); i++) {
      boolean waits =
          switch (output.kind(i)) {
            case READ_PROBE, READ_REPLY, CATCH_UP_REQUEST, BATCH_REQUEST -> false;
            default -> true;
          };
      if (!waits && output.has(i, Output.SEND)) {
        begin(direct);
        encode(output, i, false, direct);
        ByteBuffer frame = direct.buffer().flip();
        for (int to = 0; to < links.size(); to++) {
          if (to == output.to(i) || output.to(i) == Output.ALL && to != replica.self()) {
            send(to, frame, now);
          }
        }
      }
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

  /** The log was read, or a snapshot was installed: what is applied is durable. */
  void keepsApplied() {
    kept = replica.applied();
    lastApplied = kept;
    pendingGroup = Persistence.NONE;
  }

  /**
   * The log goes on after a member's snapshot: whoever reads it without that snapshot must notice.
   */
  void installed() {
    keepsApplied();
    group.clear();
    MessageCodec.installed(group.ensure(MessageCodec.maxSize(null)), replica.applied());
    appendGroup();
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
    for (int to = 0; to < links.size(); to++) {
      if (to != replica.self() && links.get(to).connected) {
        post(to, frame, now);
      }
    }
  }

  private void post(int to, ByteBuffer frame, long now) {
    if (held.isEmpty() && persistence.durable() >= lastPromise) {
      send(to, frame, now);
    } else {
      byte[] copy = new byte[frame.remaining()];
      frame.duplicate().get(copy);
      held.add(new Held(lastPromise, to, copy));
    }
  }

  private void send(int to, ByteBuffer frame, long now) {
    Links.Link link = links.get(to);
    if (link.connected) {
      transport.send(link.id, frame);
      link.lastSent = now;
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
    if (persistence.full() && now - triedAt >= heartbeatNanos) {
      triedAt = now;
      persistence.flush();
    }
    if (settling > 0 && now - appendedAt >= heartbeatNanos) {
      settling--;
      persistence.flush();
    }
    boolean news = replica.states().takeNews();
    for (int to = 0; to < links.size(); to++) {
      Links.Link link = links.get(to);
      boolean due = news || now - link.lastSent >= heartbeatNanos;
      if (to != replica.self() && link.connected && due) {
        heartbeat(to, now);
      }
    }
  }

  /** Tells a member where this one is, and what its state was like. */
  void heartbeat(int to, long now) {
    begin(direct);
    MessageCodec.heartbeat(direct.ensure(MessageCodec.maxSize(null)));
    long compared = replica.states().applied();
    if (compared > 0) {
      MessageCodec.stateHash(
          direct.ensure(MessageCodec.maxSize(null)), compared, replica.states().hash());
    }
    send(to, direct.buffer().flip(), now);
  }

  /** Sends a message of so many bytes at most that depends on no promise. */
  void sendNow(int to, int size, Consumer<ByteBuffer> message, long now) {
    begin(direct);
    message.accept(direct.ensure(size));
    send(to, direct.buffer().flip(), now);
  }

  void releaseHeld(long now) {
    forces.advance(persistence.durable());
    Held first = held.peek();
    while (first != null && first.gate() <= persistence.durable()) {
      send(first.to(), ByteBuffer.wrap(first.frame()), now);
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
    long next =
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
            });
    if (next == LogCatchUp.NOT_YET) {
      return; // who hears nothing asks again
    }
    if (next == output.slot(i)) {
      unserved.asked(to, next, now);
    } else {
      MessageCodec.catchUpEnd(direct.ensure(MessageCodec.maxSize(null)), next);
      post(to, direct.buffer().flip(), now);
    }
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
      case OFFER -> MessageCodec.offer(out, slot, batch);
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
