package io.rabia.network.wire;

import org.jspecify.annotations.Nullable;

/**
 * One request; the payload is not copied. One that is {@link Frames#readRequest read} may be used
 * again for the next, so that a server needs one for a connection. Not thread-safe.
 */
public final class Request {
  private static final byte[] NOTHING = new byte[0];

  private long correlation;
  private RequestKind kind = RequestKind.STATUS;
  private int timeoutMillis;
  private long session;
  private long number;
  private long lowestUnanswered;
  private long slot;
  private byte[] payload = NOTHING;

  public static Request submit(
      long correlation,
      int timeoutMillis,
      long session,
      long number,
      long lowestUnanswered,
      byte[] command) {
    Request request = new Request();
    request.begin(correlation, RequestKind.SUBMIT, timeoutMillis);
    request.submits(session, number, lowestUnanswered, command);
    return request;
  }

  public static Request closeSession(long correlation, int timeoutMillis, long session) {
    Request request = new Request();
    request.begin(correlation, RequestKind.CLOSE_SESSION, timeoutMillis);
    request.closes(session);
    return request;
  }

  /** Any kind but {@link RequestKind#SUBMIT} and {@link RequestKind#CLOSE_SESSION}. */
  public static Request of(
      long correlation, RequestKind kind, int timeoutMillis, long slot, byte @Nullable [] query) {
    Request request = new Request();
    request.begin(correlation, kind, timeoutMillis);
    request.asks(slot, query == null ? NOTHING : query);
    return request;
  }

  void begin(long newCorrelation, RequestKind newKind, int newTimeoutMillis) {
    correlation = newCorrelation;
    kind = newKind;
    timeoutMillis = newTimeoutMillis;
    session = 0;
    number = 0;
    lowestUnanswered = 0;
    slot = 0;
    payload = NOTHING;
  }

  void submits(long inSession, long newNumber, long newLowestUnanswered, byte[] command) {
    session = inSession;
    number = newNumber;
    lowestUnanswered = newLowestUnanswered;
    payload = command;
  }

  void closes(long newSession) {
    session = newSession;
  }

  void asks(long ofSlot, byte[] query) {
    slot = ofSlot;
    payload = query;
  }

  /** Chosen by the client, stands in the response. */
  public long correlation() {
    return correlation;
  }

  public RequestKind kind() {
    return kind;
  }

  /** How long the client still waits, 1 or more. */
  public int timeoutMillis() {
    return timeoutMillis;
  }

  /** 0 unless {@link RequestKind#SUBMIT} or {@link RequestKind#CLOSE_SESSION}. */
  public long session() {
    return session;
  }

  /** 0 unless {@link RequestKind#SUBMIT}. */
  public long number() {
    return number;
  }

  /** 0 unless {@link RequestKind#SUBMIT}. */
  public long lowestUnanswered() {
    return lowestUnanswered;
  }

  /** 0 unless {@link RequestKind#STATUS_AT}. */
  public long slot() {
    return slot;
  }

  /** The command, query or text; empty for the other kinds. */
  public byte[] payload() {
    return payload;
  }

  /** Lets go of the payload, which may be large. */
  public void release() {
    payload = NOTHING;
  }
}
