package io.rabia.kvstore;

/** Decimal 64-bit numbers as Redis writes them: no sign but a minus, no leading zeros, no blanks. Pure functions. */
final class Decimal {
  private static final int MAX_DIGITS = 19;

  private Decimal() {}

  static boolean isLong(byte[] text, int offset, int length) {
    boolean negative = length > 0 && text[offset] == '-';
    int digits = negative ? length - 1 : length;
    int first = negative ? offset + 1 : offset;
    if (digits < 1 || digits > MAX_DIGITS) {
      return false;
    }
    if (text[first] == '0' && (digits > 1 || negative)) {
      return false;
    }
    for (int i = first; i < first + digits; i++) {
      if (text[i] < '0' || text[i] > '9') {
        return false;
      }
    }
    // Nineteen digits pass 2^63 at most once: a wrap shows as the wrong sign.
    long value = parse(text, offset, length);
    return negative ? value < 0 : value >= 0;
  }

  /** Only for what {@link #isLong} accepts. */
  static long parse(byte[] text, int offset, int length) {
    boolean negative = text[offset] == '-';
    long value = 0;
    for (int i = negative ? offset + 1 : offset; i < offset + length; i++) {
      value = value * 10 - (text[i] - '0');
    }
    return negative ? value : -value;
  }
}
