package io.rabia.core;

import java.security.SecureRandom;
import java.util.Locale;

/**
 * 128 random bits that name one life of a member's votes: a member that lost its votes comes back
 * under a new one. Immutable and thread-safe.
 */
public record Token(long high, long low) {

  /** No token: what an unformed cluster or an unknown founder has. */
  public static final Token NONE = new Token(0, 0);

  public static Token random(SecureRandom random) {
    Token token;
    do {
      token = new Token(random.nextLong(), random.nextLong());
    } while (token.equals(NONE));
    return token;
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%016x%016x", high, low);
  }
}
