package io.rabia.network.wire;

import io.rabia.core.RabiaException;

/** What a request asks for; the ordinal is the byte on the wire. */
public enum RequestKind {
  OPEN_SESSION,
  SUBMIT,
  READ_LINEARIZABLE,
  READ_LOCAL,
  STATUS,
  STATUS_AT,
  /** What an operator asks of exactly this server, as text. */
  ADMINISTRATION,
  /** From version 2 on. */
  CLOSE_SESSION;

  private static final RequestKind[] VALUES = values();

  static RequestKind of(byte code) {
    if (code < 0 || code >= VALUES.length) {
      throw new RabiaException.Serialization("request kind " + code);
    }
    return VALUES[code];
  }
}
