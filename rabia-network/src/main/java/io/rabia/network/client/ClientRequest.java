package io.rabia.network.client;

import io.rabia.core.RabiaException;
import io.rabia.network.wire.RequestKind;
import org.jspecify.annotations.Nullable;

/** A request and where it stands. Belongs to the event loop once it was handed over. */
final class ClientRequest {
  private static final byte[] NOTHING = new byte[0];

  final RequestKind kind;
  final byte[] payload;
  final long slot;
  final int firstServer;
  final boolean onlyThere;
  final long deadline;
  final @Nullable ClientSession session;
  final ResultHandler handler;

  long sessionId;
  long number;
  long correlation;
  int server;
  int attempts;
  long notBefore;
  boolean sent;
  boolean copyLost;
  boolean done;
  @Nullable RabiaException lastRefusal;

  ClientRequest(
      RequestKind kind,
      byte @Nullable [] payload,
      long slot,
      int firstServer,
      boolean onlyThere,
      long deadline,
      @Nullable ClientSession session,
      ResultHandler handler) {
    this.kind = kind;
    this.payload = payload == null ? NOTHING : payload;
    this.slot = slot;
    this.firstServer = firstServer;
    this.onlyThere = onlyThere;
    this.deadline = deadline;
    this.session = session;
    this.handler = handler;
    server = firstServer;
  }

  /**
   * A server refused it, or its connection died, which leaves open whether that copy is executed.
   */
  void refused(RabiaException refusal) {
    lastRefusal = refusal;
    copyLost |=
        !(refusal instanceof RabiaException.NoQuorum || refusal instanceof RabiaException.Overload);
    sent = copyLost;
  }

  /**
   * What a request that ran out of time fails with: one that was never sent, or always refused, was
   * not executed.
   *
   * @param connections why servers cannot be reached
   */
  RabiaException expired(String connections) {
    RabiaException last = lastRefusal;
    if (sent) {
      String refusal = last == null ? "" : "; last refusal: " + last.getMessage();
      return new RabiaException.Timeout(
          "no answer in time, the outcome is unknown" + refusal + connections);
    }
    return last instanceof RabiaException.NoQuorum || last instanceof RabiaException.Overload
        ? last
        : new RabiaException.Network("no server answered in time" + connections, null);
  }
}
