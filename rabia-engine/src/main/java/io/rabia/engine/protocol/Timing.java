package io.rabia.engine.protocol;

/**
 * How long a replica waits for others; liveness only. All in nanoseconds. The adaptive waits are
 * multiples of the measured time from an own Propose to its decision, within these bounds.
 *
 * @param minOwnerWait least time to wait for an owner that should speak (protocol.md section 3,
 *     rule 4)
 * @param maxOwnerWait most time to wait for it
 * @param minResend least time without progress before everything open is sent again
 * @param maxResend bound of the doubling of that time
 */
public record Timing(long minOwnerWait, long maxOwnerWait, long minResend, long maxResend) {

  public Timing {
    if (minOwnerWait <= 0
        || maxOwnerWait < minOwnerWait
        || minResend <= 0
        || maxResend < minResend) {
      throw new IllegalArgumentException("waits must be positive and bounds ordered");
    }
  }

  /** 5 to 100 ms for an owner, 20 ms to 1 s for a resend. */
  public static Timing defaults() {
    return new Timing(5_000_000, 100_000_000, 20_000_000, 1_000_000_000);
  }
}
