package io.rabia.network.server;

import io.rabia.core.transport.TransportStatistics;
import java.util.Locale;

/**
 * What a node says about itself. Immutable.
 *
 * @param reason why it is not serving; empty when it is
 * @param epoch of the configuration in force
 * @param decided the highest slot known to be decided
 * @param applied the highest slot applied; {@code hash} is the state's hash there
 * @param data hash of the store alone, equal after a restore into another cluster, too
 * @param slots decided since the start, of which {@code batches} with a batch and {@code noop}
 *     without
 * @param forfeits of slots of this node's own lane
 * @param fast slots that decided a batch in phase 0 / slots in which a batch was proposed
 * @param pending commands taken in and not answered yet
 * @param connected members that it can reach, itself counted
 * @param own of {@code batches}, those that this node made
 * @param network what the connections to the other members counted
 */
public record NodeStatus(
    int id,
    State state,
    String reason,
    long epoch,
    long decided,
    long applied,
    long hash,
    long data,
    long slots,
    long batches,
    long noop,
    long forfeits,
    double fast,
    long pending,
    int connected,
    long own,
    TransportStatistics network) {

  /** Whether and why not a node serves. */
  public enum State {
    SERVING,
    CATCHING_UP,
    RECOVERING,
    DEGRADED,
    STOPPED
  }

  /**
   * One line for people and scripts: {@code status id=1 state=SERVING ...}; blanks of the reason as
   * underscores.
   */
  public String line() {
    return String.format(
        Locale.ROOT,
        "status id=%d state=%s reason=%s epoch=%d decided=%d applied=%d hash=%016x slots=%d"
            + " batches=%d noop=%d forfeits=%d fast=%.4f pending=%d connected=%d own=%d data=%016x",
        id,
        state,
        reason.isBlank() ? "-" : reason.strip().replaceAll("\\s+", "_"),
        epoch,
        decided,
        applied,
        hash,
        slots,
        batches,
        noop,
        forfeits,
        fast,
        pending,
        connected,
        own,
        data);
  }
}
