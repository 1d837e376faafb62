package io.rabia.engine.protocol;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Linearizable reads without the log (protocol.md section 5): ask a quorum for the highest slot
 * that each has applied or taken part in, apply up to the maximum X, then read. One barrier serves
 * all reads that were queued before it started.
 *
 * <p>Why: let w be the last slot applied anywhere before the read, and let x be the last one that
 * is applied here when it is released; x &gt;= X. Suppose x &lt; w. Then slot x + 1 was decided
 * before the read, which needed f+1 members of the configuration that governs it to have taken part
 * in it, by a message that was durable before it left. A quorum of that configuration was asked
 * after the read began and meets them, so X &gt;= x + 1. Hence a read is released only when those
 * were asked who govern the next slot; if the configuration has changed meanwhile, the new one is
 * asked, too.
 */
final class ReadBarrier {
  private static final int MOST_WAITING = 16;

  private long nonce;
  private long started;
  private long wanted;
  private long released;
  private boolean asking;
  private boolean again;
  private @Nullable Era asked;
  private long askedAt;
  private long answeredBy;
  private long highest;

  private final long[] waitingTicket = new long[MOST_WAITING];
  private final long[] waitingSlot = new long[MOST_WAITING];
  private final @Nullable Era[] waitingEra = new Era[MOST_WAITING];
  private int waiting;

  ReadBarrier(long nonceSeed) {
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
    return asking || again || waiting > 0 || wanted > started;
  }

  /**
   * Starts a barrier if one is wanted, or asks again when it got no quorum within {@code patience}:
   * under the same nonce, since an answer to any of its probes was given after the barrier started,
   * and the round trip may be longer than the patience. Others than those who were asked may govern
   * by then: they are asked in their place.
   *
   * @param era governs the next slot to apply
   */
  void advance(long now, long patience, long ownHighest, Era era, Output output) {
    if (asking && asked != era) {
      asking = false;
      again = true;
    }
    boolean start = !asking && (again || wanted > started) && waiting < MOST_WAITING;
    if (!start && !(asking && now - askedAt > patience)) {
      return;
    }
    if (start) {
      started = wanted;
      again = false;
      asking = true;
      asked = era;
      nonce++;
      answeredBy = era.self < 0 ? 0 : 1L << era.self;
      highest = ownHighest;
    }
    askedAt = now;
    if (era.size() > 1 || era.self < 0) {
      output.add(Output.Kind.READ_PROBE, Output.SEND, Output.ALL, nonce, 0, (byte) 0, 0, null);
    }
    complete(era);
  }

  /**
   * @param from place of the sender
   */
  void onReply(int from, long replyNonce, long slot) {
    Era era = asked;
    if (asking && replyNonce == nonce && era != null && era.index(from) >= 0) {
      answeredBy |= 1L << era.index(from);
      highest = Math.max(highest, slot);
      complete(era);
    }
  }

  private void complete(Era era) {
    if (Long.bitCount(answeredBy) >= era.configuration.quorum()) {
      asking = false;
      waitingTicket[waiting] = started;
      waitingSlot[waiting] = highest;
      waitingEra[waiting] = era;
      waiting++;
    }
  }

  /**
   * Releases what waited for slots up to {@code applied - 1}.
   *
   * @param era governs the next slot
   */
  void onApplied(long applied, Era era) {
    int done = 0;
    while (done < waiting && waitingSlot[done] < applied) {
      if (waitingEra[done] == era) {
        released = waitingTicket[done];
      } else {
        again |= !asking;
      }
      done++;
    }
    if (done > 0) {
      System.arraycopy(waitingTicket, done, waitingTicket, 0, waiting - done);
      System.arraycopy(waitingSlot, done, waitingSlot, 0, waiting - done);
      System.arraycopy(waitingEra, done, waitingEra, 0, waiting - done);
      waiting -= done;
      Arrays.fill(waitingTicket, waiting, waiting + done, 0);
      Arrays.fill(waitingEra, waiting, waiting + done, null);
    }
  }
}
