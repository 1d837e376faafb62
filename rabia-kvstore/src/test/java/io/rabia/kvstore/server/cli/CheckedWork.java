package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvQuery;
import io.rabia.kvstore.KvResult;
import io.rabia.testing.linearizability.Model;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What clients of a load do with some keys, how it is asked of the store, and what it must answer.
 * Stateless.
 */
interface CheckedWork<I, O, S> extends Model<I, O, S> {

  /**
   * Something to do with a key, or with the group of this name.
   *
   * @param seen what somebody has just seen there
   * @param newValue gives values that no other write has
   */
  I random(SplittableRandom random, String name, S seen, Supplier<String> newValue);

  /** The query that it is; null when it is a command. */
  @Nullable KvQuery query(I input);

  KvCommand command(I input);

  /** In the words of the model. */
  O output(I input, KvResult result);

  /** What is there as far as one answer tells, by what was there before it. */
  S seen(S before, I input, O output);
}
