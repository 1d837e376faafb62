package io.rabia.kvstore.server.redis;

/** A command that is not understood, with the reply that says so. */
final class RedisError extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * @param reply begins with its code
   */
  RedisError(String reply) {
    super(reply);
  }

  String reply() {
    return String.valueOf(getMessage());
  }
}
