package io.rabia.kvstore.server.redis;

/** Patterns of Redis over bytes: {@code * ? [a-z] [^a] \x}. Immutable. */
final class RedisGlob {
  /** Longer ones would take too long. */
  static final int MAX_LENGTH = 1024;

  private final byte[] pattern;

  /**
   * @throws RedisError when it is too long
   */
  RedisGlob(byte[] pattern) throws RedisError {
    if (pattern.length > MAX_LENGTH) {
      throw new RedisError("ERR pattern of more than " + MAX_LENGTH + " bytes");
    }
    this.pattern = pattern;
  }

  /** What everything that matches begins with. */
  byte[] prefix() {
    int length = 0;
    while (length < pattern.length && "*?[\\".indexOf(pattern[length] & 0xFF) < 0) {
      length++;
    }
    byte[] prefix = new byte[length];
    System.arraycopy(pattern, 0, prefix, 0, length);
    return prefix;
  }

  /** In time of at most the product of both lengths: only the last star is ever tried again. */
  boolean matches(byte[] text) {
    int p = 0;
    int t = 0;
    int star = -1;
    int starText = 0;
    while (t < text.length) {
      if (p < pattern.length && pattern[p] == '*') {
        star = p++;
        starText = t;
      } else if (p < pattern.length && matchesOne(p, text[t])) {
        p = after(p);
        t++;
      } else if (star >= 0) {
        p = star + 1;
        t = ++starText;
      } else {
        return false;
      }
    }
    while (p < pattern.length && pattern[p] == '*') {
      p++;
    }
    return p == pattern.length;
  }

  private boolean matchesOne(int at, byte one) {
    return switch (pattern[at]) {
      case '?' -> true;
      case '\\' -> at + 1 < pattern.length ? pattern[at + 1] == one : one == '\\';
      case '[' -> matchesClass(at, one & 0xFF);
      default -> pattern[at] == one;
    };
  }

  private boolean matchesClass(int at, int one) {
    int i = at + 1;
    boolean not = i < pattern.length && pattern[i] == '^';
    if (not) {
      i++;
    }
    boolean found = false;
    for (; i < pattern.length && pattern[i] != ']'; i++) {
      if (pattern[i] == '\\' && i + 1 < pattern.length) {
        i++;
      }
      int low = pattern[i] & 0xFF;
      int high = low;
      if (i + 2 < pattern.length && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
        high = pattern[i + 2] & 0xFF;
        i += 2;
      }
      found |= one >= Math.min(low, high) && one <= Math.max(low, high);
    }
    return found != not;
  }

  private int after(int at) {
    if (pattern[at] == '\\') {
      return Math.min(at + 2, pattern.length);
    }
    if (pattern[at] != '[') {
      return at + 1;
    }
    int i = at + 1;
    while (i < pattern.length && pattern[i] != ']') {
      i += pattern[i] == '\\' && i + 1 < pattern.length ? 2 : 1;
    }
    return Math.min(i + 1, pattern.length);
  }
}
