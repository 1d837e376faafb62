package io.rabia.network.client;

import io.rabia.core.RabiaException;
import io.rabia.network.wire.Request;
import io.rabia.network.wire.RequestKind;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A request and where it stands. Belongs to the event loop once it was handed over. */
final class ClientRequest {
  private static final byte[] NOTHING = new byte[0];

  final RequestKind kind;
  final long slot;
  final boolean onlyThere;
  final long deadline;
  final @Nullable ClientSession session;
  final ResultHandler handler;
  final int bytes;

  /** Nothing once the request is done. */
  byte[] payload;

  /** Where it was sent last, or is to be sent. */
  ServerLink server;

  /** The copy that is relied on; null while it waits to be sent. */
  @Nullable Attempt current;

  long sessionId;
  long number;
  int attempts;
  int moves;
  long notBefore;
  boolean done;

  /** On their way without an answer. */
  private int copies;

  private boolean copyLost;
  private @Nullable RabiaException lastRefusal;

  ClientRequest(
      RequestKind kind,
      byte @Nullable [] payload,
      long slot,
      ServerLink first,
      boolean onlyThere,
      long deadline,
      @Nullable ClientSession session,
      ResultHandler handler) {
    this.kind = kind;
    this.payload = payload == null ? NOTHING : payload;
    this.slot = slot;
    this.onlyThere = onlyThere;
    this.deadline = deadline;
    this.session = session;
    this.handler = handler;
    bytes = this.payload.length;
    server = first;
  }

  /** A second copy of it does no harm, wherever the first one is. */
  boolean mayMove() {
    return !onlyThere
        && switch (kind) {
          case SUBMIT, READ_LINEARIZABLE, READ_LOCAL, OPEN_SESSION -> true;
          case STATUS, STATUS_AT, ADMINISTRATION, CLOSE_SESSION -> false;
        };
  }

  Request onWire(long correlation, long now) {
    long left = TimeUnit.NANOSECONDS.toMillis(deadline - now);
    int timeout = (int) Math.max(1, Math.min(left, Integer.MAX_VALUE));
    if (session == null) {
      return Request.of(correlation, kind, timeout, slot, payload);
    }
    long lowest = session.id() == sessionId ? Math.min(number, session.lowestUnanswered()) : number;
    return Request.submit(correlation, timeout, sessionId, number, lowest, payload);
  }

  void sent(Attempt attempt) {
    current = attempt;
    copies++;
  }

  /** The answer of a copy is there. */
  void answered() {
    copies--;
  }

  /**
   * A server refused a copy, or its connection died, which leaves open whether that is executed.
   */
  void refused(RabiaException refusal) {
    noteRefusal(refusal);
    copyLost |= !saysNotExecuted(refusal);
  }

  /** Why it, or what it waits for, was not done so far. */
  void noteRefusal(RabiaException refusal) {
    lastRefusal = refusal;
  }

  @Nullable RabiaException lastRefusal() {
    return lastRefusal;
  }

  private static boolean saysNotExecuted(@Nullable RabiaException refusal) {
    return refusal instanceof RabiaException.NoQuorum || refusal instanceof RabiaException.Overload;
  }

  void finished() {
    done = true;
    payload = NOTHING;
  }

  /**
   * What a request that ran out of time fails with: one that was never sent, or always refused, was
   * not executed.
   *
   * @param connections why servers cannot be reached
   */
  RabiaException expired(String connections) {
    RabiaException last = lastRefusal;
    if (copies > 0 || copyLost) {
      String refusal = last == null ? "" : "; last refusal: " + last.getMessage();
      return new RabiaException.Timeout(
          "no answer in time, the outcome is unknown" + refusal + connections);
    }
    return last != null && saysNotExecuted(last)
        ? last
        : new RabiaException.Network("no server answered in time" + connections, null);
  }
}
