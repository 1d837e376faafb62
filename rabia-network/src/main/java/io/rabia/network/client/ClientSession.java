package io.rabia.network.client;

import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The session that makes repeated sending of its commands harmless. It opens with its first command
 * and again after it was closed; at most {@link #WINDOW} commands are outstanding in it, later ones
 * wait. Made by {@link ClientCore#newSession}; its state belongs to the core's event loop, the
 * object itself may be shared.
 */
public final class ClientSession {
  static final int WINDOW = 1024;

  private final boolean[] answered = new boolean[WINDOW];
  private final ArrayDeque<ClientRequest> waiting = new ArrayDeque<>();
  private long nextNumber = 1;
  private long lowestUnanswered = 1;
  private long id;
  private @Nullable ClientRequest opening;

  ClientSession() {}

  long id() {
    return id;
  }

  long lowestUnanswered() {
    return lowestUnanswered;
  }

  ArrayDeque<ClientRequest> waiting() {
    return waiting;
  }

  /** It is not open, nor is it being opened. */
  boolean mustOpen() {
    return id == 0 && opening == null;
  }

  /** The request that opens it; null when none is under way. */
  @Nullable ClientRequest opening() {
    return opening;
  }

  void opening(ClientRequest request) {
    opening = request;
  }

  void opened(long newId) {
    id = newId;
    opening = null;
    nextNumber = 1;
    lowestUnanswered = 1;
    Arrays.fill(answered, false);
  }

  void openFailed() {
    opening = null;
  }

  /**
   * The next waiting request with its number, or null when the session is not open, full, or idle.
   */
  @Nullable ClientRequest next() {
    if (id == 0 || nextNumber - lowestUnanswered >= WINDOW) {
      return null;
    }
    ClientRequest request = waiting.poll();
    while (request != null && request.done) {
      request = waiting.poll();
    }
    if (request != null) {
      request.sessionId = id;
      request.number = nextNumber++;
    }
    return request;
  }

  /** The client no longer waits for this number. */
  void forget(ClientRequest request) {
    if (request.number == 0 || request.sessionId != id) {
      return;
    }
    answered[(int) (request.number % WINDOW)] = true;
    while (lowestUnanswered < nextNumber && answered[(int) (lowestUnanswered % WINDOW)]) {
      answered[(int) (lowestUnanswered % WINDOW)] = false;
      lowestUnanswered++;
    }
  }

  void closed(long closedId) {
    if (id == closedId) {
      id = 0;
    }
  }
}
