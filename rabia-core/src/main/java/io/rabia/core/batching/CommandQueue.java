package io.rabia.core.batching;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A ring of commands in parallel arrays, so that a waiting command costs no object. Grows by
 * doubling. One thread.
 */
final class CommandQueue {
  private static final int INITIAL = 64;

  private byte[] kinds = new byte[INITIAL];
  private long[] sessions = new long[INITIAL];
  private long[] numbers = new long[INITIAL];
  private long[] lowestUnanswered = new long[INITIAL];
  private long[] arrivals = new long[INITIAL];
  private byte[] @Nullable [] payloads = new byte[INITIAL][];
  private int head;
  private int size;
  private long payloadBytes;

  int size() {
    return size;
  }

  long payloadBytes() {
    return payloadBytes;
  }

  void add(byte kind, long session, long number, long lowest, byte[] payload, long nowNanos) {
    if (size == kinds.length) {
      grow();
    }
    int index = (head + size) & (kinds.length - 1);
    kinds[index] = kind;
    sessions[index] = session;
    numbers[index] = number;
    lowestUnanswered[index] = lowest;
    arrivals[index] = nowNanos;
    payloads[index] = payload;
    payloadBytes += payload.length;
    size++;
  }

  byte kind() {
    return kinds[head];
  }

  long session() {
    return sessions[head];
  }

  long number() {
    return numbers[head];
  }

  long lowestUnanswered() {
    return lowestUnanswered[head];
  }

  long arrival() {
    return arrivals[head];
  }

  byte[] payload() {
    byte[] payload = payloads[head];
    if (payload == null) {
      throw new IllegalStateException("empty queue");
    }
    return payload;
  }

  void remove() {
    payloadBytes -= payload().length;
    payloads[head] = null;
    head = (head + 1) & (kinds.length - 1);
    size--;
  }

  private void grow() {
    kinds = Arrays.copyOf(kinds, 2 * size);
    sessions = Arrays.copyOf(sessions, 2 * size);
    numbers = Arrays.copyOf(numbers, 2 * size);
    lowestUnanswered = Arrays.copyOf(lowestUnanswered, 2 * size);
    arrivals = Arrays.copyOf(arrivals, 2 * size);
    payloads = Arrays.copyOf(payloads, 2 * size);
    // The part that had wrapped to the front follows the old end; its old payloads are let go.
    System.arraycopy(kinds, 0, kinds, size, head);
    System.arraycopy(sessions, 0, sessions, size, head);
    System.arraycopy(numbers, 0, numbers, size, head);
    System.arraycopy(lowestUnanswered, 0, lowestUnanswered, size, head);
    System.arraycopy(arrivals, 0, arrivals, size, head);
    System.arraycopy(payloads, 0, payloads, size, head);
    Arrays.fill(payloads, 0, head, null);
  }
}
