package io.rabia.network.wire;

import org.jspecify.annotations.Nullable;

/**
 * One request. The payload is not copied.
 *
 * @param correlation chosen by the client, stands in the response
 * @param timeoutMillis how long the client still waits, 1 or more
 * @param session 0 unless {@link RequestKind#SUBMIT} or {@link RequestKind#CLOSE_SESSION}
 * @param number 0 unless {@link RequestKind#SUBMIT}, as is lowestUnanswered
 * @param slot 0 unless {@link RequestKind#STATUS_AT}
 * @param payload the command, query or text; empty for the other kinds
 */
public record Request(
    long correlation,
    RequestKind kind,
    int timeoutMillis,
    long session,
    long number,
    long lowestUnanswered,
    long slot,
    byte[] payload) {

  private static final byte[] NOTHING = new byte[0];

  public static Request submit(
      long correlation,
      int timeoutMillis,
      long session,
      long number,
      long lowestUnanswered,
      byte[] command) {
    return new Request(
        correlation,
        RequestKind.SUBMIT,
        timeoutMillis,
        session,
        number,
        lowestUnanswered,
        0,
        command);
  }

  public static Request closeSession(long correlation, int timeoutMillis, long session) {
    return new Request(
        correlation, RequestKind.CLOSE_SESSION, timeoutMillis, session, 0, 0, 0, NOTHING);
  }

  /** Any kind but {@link RequestKind#SUBMIT} and {@link RequestKind#CLOSE_SESSION}. */
  public static Request of(
      long correlation, RequestKind kind, int timeoutMillis, long slot, byte @Nullable [] query) {
    return new Request(
        correlation, kind, timeoutMillis, 0, 0, 0, slot, query == null ? NOTHING : query);
  }
}
