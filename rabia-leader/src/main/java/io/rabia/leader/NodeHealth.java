package io.rabia.leader;

import java.time.Duration;

/** How a process is, by its heartbeats. Immutable. */
public sealed interface NodeHealth {

  /** Its heartbeats come in time. */
  record Healthy() implements NodeHealth {}

  /** It lives, and is slow, late, or not yet trusted again. */
  record Degraded(String reason) implements NodeHealth {}

  /**
   * Its heartbeats do not come.
   *
   * @param since the last one was seen so long ago when this was noticed
   */
  record Unhealthy(Duration since) implements NodeHealth {}

  /** Nothing was ever heard of it. */
  record Unknown() implements NodeHealth {}
}
