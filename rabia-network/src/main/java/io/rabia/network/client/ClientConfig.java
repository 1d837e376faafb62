package io.rabia.network.client;

import io.rabia.core.RabiaException;
import io.rabia.network.HostLookup;
import io.rabia.network.wire.Frames;
import java.net.InetAddress;
import java.time.Duration;

/**
 * How a client behaves. Immutable.
 *
 * @param requestTimeout until a request fails with Timeout, fail-over included; default 5 s
 * @param silence a server from which nothing comes for so long while it owes answers, not even to a
 *     ping, is left: its requests go to another one; default 1 s. Shorter fails over faster and
 *     takes short pauses for deaths. What a server that is there does not answer for half of the
 *     request's time, or for ten times this, is sent to another one, too
 * @param maxInFlight requests on the wire per server, 1 or more; default 1024
 * @param maxQueued requests that wait in the client beyond those, 1 or more; default 65536. More
 *     fail with Overload
 * @param maxBytes of commands and queries that are not answered, in all; more fail with Overload,
 *     but for a single one. Default an eighth of the memory there is, and 64 MiB at least
 * @param maxFrame bytes of the largest response that is accepted; the request of a larger one fails
 *     with AnswerTooLarge. Default 64 MiB + 64 KiB
 * @param findsMembers whether servers are asked, too, that those it was given name as members;
 *     default true. False where clients reach the servers by other addresses than the servers know
 * @param choice which server a {@link RabiaClient} asks as long as that is there; default {@link
 *     ServerChoice#RANDOM}
 * @param lookup how host names become addresses, at every attempt to connect; default: as the
 *     operating system says
 */
public record ClientConfig(
    Duration requestTimeout,
    Duration silence,
    int maxInFlight,
    int maxQueued,
    long maxBytes,
    int maxFrame,
    boolean findsMembers,
    ServerChoice choice,
    HostLookup lookup) {
  private static final Duration LONGEST_SILENCE = Duration.ofDays(1);
  private static final long MIB = 1 << 20;

  public ClientConfig {
    if (requestTimeout.compareTo(Duration.ofMillis(1)) < 0
        || silence.compareTo(Duration.ofMillis(1)) < 0
        || silence.compareTo(LONGEST_SILENCE) > 0) {
      throw new RabiaException.Validation(
          "requestTimeout and silence must be 1 ms or more, silence a day at most");
    }
    if (maxInFlight < 1 || maxQueued < 1 || maxBytes < 1 || maxFrame < Frames.MIN_MAX_FRAME) {
      throw new RabiaException.Validation(
          "maxInFlight, maxQueued and maxBytes must be 1 or more, maxFrame 1024 or more");
    }
  }

  public static ClientConfig defaults() {
    return new ClientConfig(
        Duration.ofSeconds(5),
        Duration.ofSeconds(1),
        1024,
        65536,
        Math.max(64 * MIB, Runtime.getRuntime().maxMemory() / 8),
        (int) (64 * MIB + (64 << 10)),
        true,
        ServerChoice.RANDOM,
        InetAddress::getAllByName);
  }

  public ClientConfig withRequestTimeout(Duration timeout) {
    return new ClientConfig(
        timeout, silence, maxInFlight, maxQueued, maxBytes, maxFrame, findsMembers, choice, lookup);
  }

  public ClientConfig withSilence(Duration limit) {
    return new ClientConfig(
        requestTimeout,
        limit,
        maxInFlight,
        maxQueued,
        maxBytes,
        maxFrame,
        findsMembers,
        choice,
        lookup);
  }

  public ClientConfig withMaxRequests(int inFlight, int queued) {
    return new ClientConfig(
        requestTimeout,
        silence,
        inFlight,
        queued,
        maxBytes,
        maxFrame,
        findsMembers,
        choice,
        lookup);
  }

  public ClientConfig withMaxBytes(long bytes) {
    return new ClientConfig(
        requestTimeout,
        silence,
        maxInFlight,
        maxQueued,
        bytes,
        maxFrame,
        findsMembers,
        choice,
        lookup);
  }

  public ClientConfig withMaxFrame(int bytes) {
    return new ClientConfig(
        requestTimeout,
        silence,
        maxInFlight,
        maxQueued,
        maxBytes,
        bytes,
        findsMembers,
        choice,
        lookup);
  }

  public ClientConfig withFindsMembers(boolean finds) {
    return new ClientConfig(
        requestTimeout, silence, maxInFlight, maxQueued, maxBytes, maxFrame, finds, choice, lookup);
  }

  public ClientConfig withChoice(ServerChoice which) {
    return new ClientConfig(
        requestTimeout,
        silence,
        maxInFlight,
        maxQueued,
        maxBytes,
        maxFrame,
        findsMembers,
        which,
        lookup);
  }

  public ClientConfig withLookup(HostLookup hosts) {
    return new ClientConfig(
        requestTimeout,
        silence,
        maxInFlight,
        maxQueued,
        maxBytes,
        maxFrame,
        findsMembers,
        choice,
        hosts);
  }
}
