package io.rabia.persistence;

import java.util.Arrays;

/**
 * Where in the whole log some of the groups are, one about every 64 KiB, so that a read need not
 * begin at the start of a segment. One thread.
 */
final class GroupIndex {
  private static final long DISTANCE = 64 << 10;

  private long[] numbers = new long[64];
  private long[] positions = new long[64];
  private int size;

  /** A group was written to, or found at, a position. */
  void note(long number, long position) {
    if (size > 0 && (position - positions[size - 1] < DISTANCE || number <= numbers[size - 1])) {
      return;
    }
    if (size == numbers.length) {
      numbers = Arrays.copyOf(numbers, 2 * size);
      positions = Arrays.copyOf(positions, 2 * size);
    }
    numbers[size] = number;
    positions[size] = position;
    size++;
  }

  /** The place of the last known group up to {@code number}; -1 when there is none. */
  int floor(long number) {
    int found = Arrays.binarySearch(numbers, 0, size, number);
    return found >= 0 ? found : -found - 2;
  }

  /** Forgets what leads to groups below {@code number} only. */
  void dropBelow(long number) {
    int kept = Math.max(0, floor(number));
    size -= kept;
    System.arraycopy(numbers, kept, numbers, 0, size);
    System.arraycopy(positions, kept, positions, 0, size);
  }

  long number(int place) {
    return numbers[place];
  }

  long position(int place) {
    return positions[place];
  }
}
