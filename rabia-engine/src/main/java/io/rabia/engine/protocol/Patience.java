package io.rabia.engine.protocol;

/**
 * For waits that may be in vain: after one that was, there is none for twice its time, then four
 * times, up to a thousand. Times in nanoseconds. One thread.
 */
@Internal
public final class Patience {
  private static final int MOST_DOUBLINGS = 10;

  private int vain;
  private long againAt;

  /** May one begin? */
  public boolean allows(long now) {
    return now >= againAt;
  }

  /** One ran out. Many that run for the same word are in vain once. */
  public void ranOut(long wait, long now) {
    if (now >= againAt) {
      vain = Math.min(vain + 1, MOST_DOUBLINGS);
      againAt = now + (wait << vain);
    }
  }

  /** One brought what it was for. */
  public void paid() {
    vain = 0;
  }
}
