package io.rabia.core.memory;

import java.util.List;

/**
 * A buffer that was acquired and never released. Immutable and thread-safe.
 *
 * @param bytes capacity
 * @param thread name of the thread that acquired it
 * @param acquiredAt where, innermost call first
 */
public record Leak(int bytes, String thread, List<StackTraceElement> acquiredAt) {

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(bytes).append(" bytes, acquired by ").append(thread);
    acquiredAt.forEach(call -> text.append("\n\tat ").append(call));
    return text.toString();
  }
}
