package io.rabia.network.client;

import io.rabia.core.RabiaException;
import java.time.Duration;

/**
 * How a client behaves. Immutable.
 *
 * @param requestTimeout until a request fails with Timeout, fail-over included; default 5 s
 * @param silence a server from which nothing comes for so long while it owes answers, not even to a
 *     ping, is left: its requests go to another one; default 1 s. Shorter fails over faster and
 *     takes short pauses for deaths
 * @param maxInFlight requests on the wire per server, 1 or more; default 1024
 * @param maxQueued requests that wait in the client beyond those, 1 or more; default 65536. More
 *     fail with Overload
 * @param maxFrame bytes of the largest response that is accepted; default 64 MiB + 64 KiB
 */
public record ClientConfig(
    Duration requestTimeout, Duration silence, int maxInFlight, int maxQueued, int maxFrame) {

  public ClientConfig {
    if (requestTimeout.toMillis() < 1 || silence.toMillis() < 1) {
      throw new RabiaException.Validation("requestTimeout and silence must be 1 ms or more");
    }
    if (maxInFlight < 1 || maxQueued < 1 || maxFrame < 1024) {
      throw new RabiaException.Validation(
          "maxInFlight and maxQueued must be 1 or more, maxFrame 1024 or more");
    }
  }

  public static ClientConfig defaults() {
    return new ClientConfig(
        Duration.ofSeconds(5), Duration.ofSeconds(1), 1024, 65536, (64 << 20) + (64 << 10));
  }

  public ClientConfig withRequestTimeout(Duration timeout) {
    return new ClientConfig(timeout, silence, maxInFlight, maxQueued, maxFrame);
  }
}
