package io.rabia.network.server;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Where the ports learn how the node is: from its engine. Called from any thread; must not block.
 */
public interface NodeStatusSource {

  /** The status now; completes soon in any state of the node, and never fails. */
  CompletableFuture<NodeStatus> status();

  /**
   * The status once {@code slot} is applied, with {@code applied = slot} and the hash there; fails
   * with {@link io.rabia.core.RabiaException.Timeout} when that takes longer than {@code timeout},
   * with {@link io.rabia.core.RabiaException.Validation} when the hash of that slot is no longer
   * known.
   */
  CompletableFuture<NodeStatus> statusAt(long slot, Duration timeout);
}
