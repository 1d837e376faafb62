package io.rabia.network.server;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * What operators ask of a node: requests and answers are a line of text, a word and then {@code
 * name=value} fields. Called from any thread; must not block.
 */
@FunctionalInterface
public interface Administration {

  /** Bytes of the largest answer. */
  int MAX_ANSWER = 256 << 10;

  /**
   * Does what the line asks; fails with {@link io.rabia.core.RabiaException.Validation} for a line
   * that is none.
   */
  CompletableFuture<byte[]> execute(String line, Duration timeout);
}
