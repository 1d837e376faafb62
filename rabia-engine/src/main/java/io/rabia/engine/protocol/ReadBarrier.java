package io.rabia.engine.protocol;

import java.util.Arrays;

/**
 * Linearizable reads without the log (protocol.md section 5): ask a quorum for the highest slot
 * that each has applied or taken part in, apply up to the maximum X, then read. One barrier serves
 * all reads that were queued before it started.
 *
 * <p>Why: let w be the last slot applied anywhere before the read. Its decision needed f+1 members
 * that had taken part in it, by a message that was durable before it left; a quorum meets them, so
 * X &gt;= w.
 */
final class ReadBarrier {
  private static final int MOST_WAITING = 16;

  private final int quorum;
  private final int self;

  private long nonce;
  private long started;
  private long wanted;
  private long released;
  private boolean asking;
  private long askedAt;
  private long answeredBy;
  private long highest;

  private final long[] waitingTicket = new long[MOST_WAITING];
  private final long[] waitingSlot = new long[MOST_WAITING];
  private int waiting;

  ReadBarrier(int quorum, int self, long nonceSeed) {
    this.quorum = quorum;
    this.self = self;
    nonce = nonceSeed;
  }

  /** Queues a read; it may be done once {@link #released} has reached the returned ticket. */
  long queue() {
    wanted = started + 1;
    return wanted;
  }

  long released() {
    return released;
  }

  /** Is anything unfinished? */
  boolean active() {
    return asking || waiting > 0 || wanted > started;
  }

  /**
   * Starts a barrier if one is wanted, or asks again when it got no quorum within {@code patience}:
   * under the same nonce, since an answer to any of its probes was given after the barrier started,
   * and the round trip may be longer than the patience.
   */
  void advance(long now, long patience, long ownHighest, Output output) {
    boolean start = !asking && wanted > started && waiting < MOST_WAITING;
    if (!start && !(asking && now - askedAt > patience)) {
      return;
    }
    if (start) {
      started++;
      asking = true;
      nonce++;
      answeredBy = 1L << self;
      highest = ownHighest;
    }
    askedAt = now;
    if (quorum > 1) {
      output.add(Output.Kind.READ_PROBE, Output.SEND, Output.ALL, nonce, 0, (byte) 0, 0, null);
    }
    complete();
  }

  void onReply(int from, long replyNonce, long slot) {
    if (asking && replyNonce == nonce) {
      answeredBy |= 1L << from;
      highest = Math.max(highest, slot);
      complete();
    }
  }

  private void complete() {
    if (Long.bitCount(answeredBy) >= quorum) {
      asking = false;
      waitingTicket[waiting] = started;
      waitingSlot[waiting] = highest;
      waiting++;
    }
  }

  /** Releases what waited for slots up to {@code applied - 1}. */
  void onApplied(long applied) {
    int done = 0;
    while (done < waiting && waitingSlot[done] < applied) {
      released = waitingTicket[done];
      done++;
    }
    if (done > 0) {
      System.arraycopy(waitingTicket, done, waitingTicket, 0, waiting - done);
      System.arraycopy(waitingSlot, done, waitingSlot, 0, waiting - done);
      waiting -= done;
      Arrays.fill(waitingTicket, waiting, waiting + done, 0);
    }
  }
}
