package io.rabia.testing.linearizability;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.testing.linearizability.KeyValueModel.Absent;
import io.rabia.testing.linearizability.KeyValueModel.CompareAndSet;
import io.rabia.testing.linearizability.KeyValueModel.Delete;
import io.rabia.testing.linearizability.KeyValueModel.Done;
import io.rabia.testing.linearizability.KeyValueModel.Get;
import io.rabia.testing.linearizability.KeyValueModel.Increment;
import io.rabia.testing.linearizability.KeyValueModel.Put;
import io.rabia.testing.linearizability.KeyValueModel.Refused;
import io.rabia.testing.linearizability.KeyValueModel.Value;
import io.rabia.testing.linearizability.RegisterModel.Read;
import io.rabia.testing.linearizability.RegisterModel.Swap;
import io.rabia.testing.linearizability.RegisterModel.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The checker and the definition agree on small random histories. */
class LinearizabilityPropertyTest {
  private static final int HISTORIES = 3_000;

  private int yes;
  private int no;

  /** Times in a narrow range, so that operations overlap, touch and follow each other. */
  private static <I, O> List<Operation<I, O>> history(
      Random random, Function<Random, I> inputs, BiFunction<Random, I, O> outputs) {
    List<Operation<I, O>> history = new ArrayList<>();
    int count = 1 + random.nextInt(8);
    int lost = random.nextInt(5);
    for (int i = 0; i < count; i++) {
      I input = inputs.apply(random);
      long invoked = random.nextInt(12);
      if (random.nextInt(6) < lost) {
        history.add(Operation.unknown(i, input, invoked));
      } else {
        long returned = invoked + random.nextInt(8);
        history.add(Operation.completed(i, input, outputs.apply(random, input), invoked, returned));
      }
    }
    return history;
  }

  private <I, O, S> void agree(
      Model<I, O, S> model, Function<Random, I> inputs, BiFunction<Random, I, O> outputs) {
    for (int seed = 0; seed < HISTORIES; seed++) {
      List<Operation<I, O>> history = history(new Random(seed), inputs, outputs);
      requireReads(model, history);
      boolean expected = BruteForce.linearizable(model, history);
      Verdict verdict = LinearizabilityChecker.check(model, history);
      assertThat(verdict.linearizable()).as("seed %d: %s", seed, history).isEqualTo(expected);
      if (verdict instanceof Verdict.NotLinearizable failure) {
        no++;
        requirePrefix(model, history, failure);
      } else {
        yes++;
      }
    }
    assertThat(yes).isGreaterThan(HISTORIES / 10);
    assertThat(no).isGreaterThan(HISTORIES / 10);
  }

  private static <I, O, S> void requireReads(Model<I, O, S> model, List<Operation<I, O>> history) {
    S state = model.initial();
    for (Operation<I, O> operation : history) {
      O output = operation.output();
      S after = model.step(state, operation.input(), output);
      if (output != null && after != null && model.isRead(operation.input(), output)) {
        assertThat(after).as("after %s", operation).isEqualTo(state);
      }
      state = after == null ? state : after;
    }
  }

  /** The order that is shown is one, and the misfit's return is what makes it impossible. */
  @SuppressWarnings("unchecked")
  private static <I, O, S> void requirePrefix(
      Model<I, O, S> model, List<Operation<I, O>> history, Verdict.NotLinearizable failure) {
    long breaks = failure.misfit().returned();
    List<Operation<I, O>> ofKey =
        history.stream().filter(o -> model.key(o.input()).equals(failure.key())).toList();
    for (Operation<I, O> operation : ofKey) {
      if (operation.returned() < breaks) {
        assertThat(failure.fitting()).contains(operation);
      }
    }
    S state = model.initial();
    for (Operation<?, ?> operation : failure.fitting()) {
      Operation<I, O> known = (Operation<I, O>) operation;
      state = model.step(state, known.input(), known.output());
      assertThat(state).isNotNull();
    }
    assertThat(failure.state()).isEqualTo(state);
    List<Operation<I, O>> before = new ArrayList<>();
    for (Operation<I, O> operation : ofKey) {
      boolean open = operation.invoked() <= breaks && operation.returned() > breaks;
      if (open || operation.returned() <= breaks) {
        before.add(operation);
      }
    }
    assertThat(BruteForce.linearizable(model, before)).isFalse();
  }

  @Test
  void agreesWithTheDefinitionOnRegisters() {
    agree(
        new RegisterModel<>(0),
        random -> {
          int register = random.nextInt(5) / 4;
          int value = random.nextInt(3);
          return switch (random.nextInt(4)) {
            case 0 -> new Write<>(register, value);
            case 1 -> new Swap<>(register, value);
            default -> new Read<>(register);
          };
        },
        (random, input) -> random.nextInt(3));
  }

  @Test
  void agreesWithTheDefinitionOnAMap() {
    agree(
        new KeyValueModel(),
        random -> {
          String key = random.nextInt(5) == 0 ? "b" : "a";
          String value = Integer.toString(random.nextInt(2));
          return switch (random.nextInt(6)) {
            case 0 -> new Put(key, value);
            case 1 -> new Delete(key);
            case 2 -> new CompareAndSet(key, Optional.of(value), "2");
            case 3 -> new CompareAndSet(key, Optional.empty(), value);
            case 4 -> new Increment(key, 1);
            default -> new Get(key);
          };
        },
        LinearizabilityPropertyTest::mapOutput);
  }

  private static KeyValueModel.Output mapOutput(Random random, KeyValueModel.Input input) {
    boolean first = random.nextBoolean();
    if (input instanceof Delete) {
      return first ? new Done() : new Absent();
    }
    if (input instanceof CompareAndSet) {
      return first ? new Done() : new Refused();
    }
    if (input instanceof Put) {
      return new Done();
    }
    return first && input instanceof Get
        ? new Absent()
        : new Value(Integer.toString(random.nextInt(3)));
  }

  @Test
  void agreesWithTheDefinitionOnCounters() {
    agree(
        new CounterModel(),
        random -> (long) random.nextInt(3),
        (random, input) -> (long) random.nextInt(4));
  }

  @Test
  void agreesWithTheDefinitionOnQueues() {
    agree(
        new QueueModel<Integer>(),
        random -> random.nextBoolean() ? Optional.of(random.nextInt(2)) : Optional.empty(),
        (random, input) ->
            random.nextInt(3) > 0 ? Optional.of(random.nextInt(2)) : Optional.empty());
  }
}
