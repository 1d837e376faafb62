package io.rabia.testing.linearizability;

/**
 * The operations that have their place in an order: completed ones, which have theirs about in the
 * order of their invocation, and those of unknown outcome. One thread.
 */
final class LinearizedSet {
  private final long[] completed;
  private final long[] unknown;

  /** Words below are full; words above are empty. */
  private int low;

  private int high = -1;

  LinearizedSet(int completedCount, int unknownCount) {
    completed = new long[(completedCount >> 6) + 1];
    unknown = new long[(unknownCount + 63) >> 6];
  }

  void add(int index) {
    int word = index >> 6;
    completed[word] |= 1L << index;
    high = Math.max(high, word);
    while (completed[low] == -1L) {
      low++;
    }
  }

  void remove(int index) {
    int word = index >> 6;
    completed[word] &= ~(1L << index);
    low = Math.min(low, word);
    while (high >= 0 && completed[high] == 0) {
      high--;
    }
  }

  boolean hasUnknown(int index) {
    return (unknown[index >> 6] & 1L << index) != 0;
  }

  void addUnknown(int index) {
    unknown[index >> 6] |= 1L << index;
  }

  void removeUnknown(int index) {
    unknown[index >> 6] &= ~(1L << index);
  }

  /** Equal for equal sets: where the words that are neither full nor empty start, and they. */
  long[] key() {
    int words = Math.max(0, high - low + 1);
    long[] key = new long[1 + unknown.length + words];
    key[0] = low;
    System.arraycopy(unknown, 0, key, 1, unknown.length);
    System.arraycopy(completed, low, key, 1 + unknown.length, words);
    return key;
  }
}
