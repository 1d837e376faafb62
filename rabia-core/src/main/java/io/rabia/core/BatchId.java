package io.rabia.core;

/**
 * The identity of a batch: who made it and its running number there. On the hot path it is one
 * {@code long}, made by {@link #pack}.
 *
 * <p>The origin is not the 128-bit token itself but its ordinal: tokens are numbered in the order
 * in which they enter the replicated configuration (the founding members from 0), so that an
 * ordinal names one token for ever, at every replica, in five bytes less a vote than the token
 * would take twice over.
 *
 * @param origin ordinal of the origin's token, 0 to {@link #MAX_ORIGIN}
 * @param number 1 to {@link #MAX_NUMBER}, never used twice within one origin
 */
public record BatchId(int origin, long number) {

  /** The packed id of the value without commands. */
  public static final long NOOP = 0;

  /** In place of a packed id: none known, or for a decision: the slot is forfeited. */
  public static final long NONE = -1;

  private static final int NUMBER_BITS = 44;

  public static final int MAX_ORIGIN = (1 << 19) - 1;
  public static final long MAX_NUMBER = (1L << NUMBER_BITS) - 1;

  public BatchId {
    if (origin < 0 || origin > MAX_ORIGIN) {
      throw new IllegalArgumentException("origin out of range: " + origin);
    }
    if (number < 1 || number > MAX_NUMBER) {
      throw new IllegalArgumentException("batch number out of range: " + number);
    }
  }

  public static long pack(int origin, long number) {
    return ((long) origin << NUMBER_BITS) | number;
  }

  public static int origin(long id) {
    return (int) (id >>> NUMBER_BITS);
  }

  public static long number(long id) {
    return id & MAX_NUMBER;
  }

  /** True for an id that names a batch: neither NOOP nor NONE, and well formed. */
  public static boolean isBatch(long id) {
    return id > 0 && number(id) != 0;
  }

  /** True for an id that may stand in a message as a proposed value. */
  public static boolean isValue(long id) {
    return id == NOOP || isBatch(id);
  }

  public static BatchId of(long packed) {
    return new BatchId(origin(packed), number(packed));
  }

  public long packed() {
    return pack(origin, number);
  }

  /** For traces: {@code noop}, {@code none} or {@code origin.number}. */
  public static String toString(long packed) {
    if (packed == NOOP) {
      return "noop";
    }
    return packed == NONE ? "none" : origin(packed) + "." + number(packed);
  }

  @Override
  public String toString() {
    return toString(packed());
  }
}
