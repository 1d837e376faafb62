package io.rabia.core;

import java.nio.charset.StandardCharsets;

/**
 * What a user wants executed once: bytes for the state machine, with the session and number that
 * make a repeated sending harmless. The payload is not copied and must not change. Thread-safe by
 * being immutable.
 *
 * @param session id of an open session, or 0: the engine's own session is used and it numbers the
 *     command itself
 * @param number 1, 2, ... within the session
 * @param lowestUnanswered the lowest number of the session that the sender still waits for
 */
public record Command(long session, long number, long lowestUnanswered, byte[] payload) {

  public Command {
    if (session < 0 || number < 0 || lowestUnanswered < 0 || lowestUnanswered > number) {
      throw new IllegalArgumentException(
          "session " + session + " number " + number + " lowest unanswered " + lowestUnanswered);
    }
  }

  public static Command of(byte[] payload) {
    return new Command(0, 0, 0, payload);
  }

  /** The text as UTF-8. */
  public static Command of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public String toString() {
    return "Command[session=" + session + ", number=" + number + ", bytes=" + payload.length + "]";
  }
}
