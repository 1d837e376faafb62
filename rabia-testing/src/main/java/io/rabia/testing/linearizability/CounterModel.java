package io.rabia.testing.linearizability;

import org.jspecify.annotations.Nullable;

/**
 * A counter from 0. The input is what is added, 0 to read; the output is the sum afterwards.
 * Stateless.
 */
public final class CounterModel implements Model<Long, Long, Long> {

  @Override
  public Long initial() {
    return 0L;
  }

  @Override
  public @Nullable Long step(Long state, Long input, @Nullable Long output) {
    Long sum = state + input;
    return output == null || output.equals(sum) ? sum : null;
  }

  @Override
  public boolean isRead(Long input, Long output) {
    return input == 0;
  }
}
