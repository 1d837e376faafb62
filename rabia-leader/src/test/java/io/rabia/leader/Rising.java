package io.rabia.leader;

import io.rabia.core.statemachine.Codec;
import io.rabia.core.statemachine.TypedStateMachine;

/**
 * A register that remembers for ever whether a lower number was written after a higher one. Answers
 * and queries: the highest, negative when that has happened.
 */
final class Rising extends TypedStateMachine<Long, Long, Long> {
  private long highest;

  Rising() {
    super(Codec.int64(), Codec.int64(), Codec.int64());
  }

  @Override
  protected Long execute(long slot, long logTime, Long number) {
    highest = highest < 0 || number < highest ? -1 : number;
    return highest;
  }

  @Override
  protected Long answer(Long ignored) {
    return highest;
  }

  @Override
  protected Long state() {
    return highest;
  }

  @Override
  protected void state(Long restored) {
    highest = restored;
  }
}
