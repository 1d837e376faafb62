package io.rabia.testing.linearizability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.testing.linearizability.RegisterModel.Input;
import io.rabia.testing.linearizability.RegisterModel.Read;
import io.rabia.testing.linearizability.RegisterModel.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LinearizabilityCheckerTest {
  private static final Model<Input<Long>, Long, Long> REGISTERS = new RegisterModel<>(0L);

  private static List<Operation<Input<Long>, Long>> registers(
      long seed, int keys, int clients, int operations, double unknown) {
    Map<Object, Long> values = new HashMap<>();
    AtomicLong written = new AtomicLong();
    return new SimulatedObject<Input<Long>, Long>(
            new Random(seed),
            random -> {
              int key = random.nextInt(keys);
              return random.nextBoolean()
                  ? new Read<>(key)
                  : new Write<>(key, written.incrementAndGet());
            },
            (random, input) -> {
              if (input instanceof Write<Long> write) {
                values.put(write.register(), write.value());
              }
              return values.getOrDefault(input.register(), 0L);
            },
            unknown)
        .run(clients, operations);
  }

  @Test
  void passesAHundredThousandOperationsOnAHundredKeysInSeconds() {
    List<Operation<Input<Long>, Long>> history = registers(1, 100, 16, 100_000, 0.01);
    assertThat(history).hasSize(100_000);
    long start = System.nanoTime();
    Verdict verdict = LinearizabilityChecker.check(REGISTERS, history);
    verdict.require();
    assertThat(((Verdict.Linearizable) verdict).keys()).isEqualTo(100);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void passesALongHistoryOfOneKey() {
    LinearizabilityChecker.check(REGISTERS, registers(2, 1, 16, 20_000, 0)).require();
    LinearizabilityChecker.check(REGISTERS, registers(3, 1, 5, 10_000, 0.003)).require();
  }

  @Test
  void passesCountersWithManyLostIncrements() {
    AtomicLong sum = new AtomicLong();
    List<Operation<Long, Long>> history =
        new SimulatedObject<Long, Long>(
                new Random(4),
                random -> (long) random.nextInt(2),
                (random, input) -> sum.addAndGet(input),
                0.1)
            .run(8, 5_000);
    assertThat(history).filteredOn(Operation::isUnknown).hasSizeGreaterThan(300);
    LinearizabilityChecker.check(new CounterModel(), history).require();
  }

  @Test
  void findsOneStaleReadAmongAHundredThousandOperations() {
    List<Operation<Input<Long>, Long>> history =
        new ArrayList<>(registers(5, 100, 16, 100_000, 0.01));
    Map<Object, Operation<Input<Long>, Long>> reads = new HashMap<>();
    for (int i = 0; i < history.size(); i++) {
      Operation<Input<Long>, Long> operation = history.get(i);
      if (operation.input() instanceof Read<Long> && !operation.isUnknown()) {
        Operation<Input<Long>, Long> early = reads.putIfAbsent(operation.input(), operation);
        if (i > 80_000 && early != null) {
          Operation<Input<Long>, Long> stale =
              Operation.completed(
                  operation.client(),
                  operation.input(),
                  early.output(),
                  operation.invoked(),
                  operation.returned());
          history.set(i, stale);
          Verdict verdict = LinearizabilityChecker.check(REGISTERS, history);
          assertThat(verdict).isInstanceOf(Verdict.NotLinearizable.class);
          Verdict.NotLinearizable failure = (Verdict.NotLinearizable) verdict;
          assertThat(failure.key()).isEqualTo(operation.input().register());
          assertThat(failure.misfit()).isEqualTo(stale);
          assertThat(failure.fitting()).hasSizeGreaterThan(700);
          return;
        }
      }
    }
    throw new AssertionError("no read to make stale");
  }

  @Test
  void saysWhatFitsAndWhatDoesNot() {
    List<Operation<Input<Long>, Long>> history =
        List.of(
            Operation.completed(1, new Write<>("x", 1L), 0L, 0, 10),
            Operation.unknown(4, new Write<>("x", 3L), 5),
            Operation.completed(2, new Write<>("x", 2L), 0L, 20, 30),
            Operation.completed(3, new Read<>("x"), 1L, 40, 50),
            Operation.completed(1, new Write<>("x", 5L), 0L, 45, 90));
    Verdict verdict = LinearizabilityChecker.check(REGISTERS, history);
    assertThat(verdict)
        .hasToString(
            """
            not linearizable: x
            2 of 5 operations fit and end in the state 2; then this one fits nowhere:
              client 3: Read[register=x] -> 1  [40, 50]
            the order that fits:
              client 1: Write[register=x, value=1] -> 0  [0, 10]
              client 2: Write[register=x, value=2] -> 0  [20, 30]
            open at the same time, without a place yet:
              client 1: Write[register=x, value=5] -> 0  [45, 90]
              client 4: Write[register=x, value=3] -> ?  [5, ...]
            """);
    assertThatThrownBy(verdict::require)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("client 3: Read[register=x] -> 1");
  }

  /** Any of 2^40 sets of writes may have gone before the read that fits nowhere. */
  private static List<Operation<Input<Long>, Long>> hopeless() {
    List<Operation<Input<Long>, Long>> history = new ArrayList<>();
    for (int i = 1; i <= 40; i++) {
      history.add(Operation.completed(i, new Write<>("x", (long) i), 0L, 0, 100));
    }
    history.add(Operation.completed(0, new Read<>("x"), 77L, 50, 150));
    return history;
  }

  @Test
  void runningOutOfMemoryIsAFailure() {
    Verdict verdict =
        LinearizabilityChecker.check(REGISTERS, hopeless(), new Bounds(10 << 20, Long.MAX_VALUE));
    assertThat(verdict).isInstanceOf(Verdict.OutOfBounds.class);
    assertThat(((Verdict.OutOfBounds) verdict).bound()).isEqualTo(Verdict.Bound.MEMORY);
    assertThat(((Verdict.OutOfBounds) verdict).key()).isEqualTo("x");
    assertThatThrownBy(verdict::require).hasMessageContaining("MEMORY");
  }

  @Test
  void runningOutOfStepsIsAFailureAtTheSameStepEverywhere() {
    Bounds bounds = new Bounds(1L << 40, 100_000);
    Verdict verdict = LinearizabilityChecker.check(REGISTERS, hopeless(), bounds);
    assertThat(verdict).isInstanceOf(Verdict.OutOfBounds.class);
    assertThat(((Verdict.OutOfBounds) verdict).bound()).isEqualTo(Verdict.Bound.STEPS);
    assertThat(((Verdict.OutOfBounds) verdict).steps()).isBetween(100_000L, 100_100L);
    assertThat(verdict.linearizable()).isFalse();
    assertThatThrownBy(verdict::require).isInstanceOf(AssertionError.class);
    assertThat(LinearizabilityChecker.check(REGISTERS, hopeless(), bounds)).isEqualTo(verdict);
  }

  @Test
  void allKeysTogetherHaveTheStepsOfTheBound() {
    List<Operation<Input<Long>, Long>> history = new ArrayList<>();
    for (int key = 0; key < 100; key++) {
      history.add(Operation.completed(0, new Write<>("k" + key, 1L), 0L, key, key));
    }
    assertThat(LinearizabilityChecker.check(REGISTERS, history, new Bounds(1 << 20, 50)))
        .isInstanceOf(Verdict.OutOfBounds.class);
    assertThat(LinearizabilityChecker.check(REGISTERS, history, new Bounds(1 << 20, 100)))
        .isInstanceOf(Verdict.Linearizable.class);
  }

  @Test
  void aKeyThatIsCertainlyWrongCountsMoreThanOneThatIsTooHard() {
    List<Operation<Input<Long>, Long>> history = new ArrayList<>(hopeless());
    history.add(Operation.completed(0, new Read<>("y"), 1L, 0, 1));
    Verdict verdict =
        LinearizabilityChecker.check(REGISTERS, history, new Bounds(1 << 20, Long.MAX_VALUE));
    assertThat(verdict).isInstanceOf(Verdict.NotLinearizable.class);
    assertThat(((Verdict.NotLinearizable) verdict).key()).isEqualTo("y");
  }

  @Test
  void theOrderOfTheHistoryDoesNotMatter() {
    List<Operation<Input<Long>, Long>> history = new ArrayList<>(registers(6, 3, 16, 3_000, 0.01));
    LinearizabilityChecker.check(REGISTERS, history).require();
    Collections.shuffle(history, new Random(6));
    LinearizabilityChecker.check(REGISTERS, history).require();
  }

  @Test
  void recordsWhatClientsDo() {
    AtomicLong clock = new AtomicLong();
    History<Input<Long>, Long> history = new History<>(clock::incrementAndGet);
    var write = history.invoke(1, new Write<>("x", 7L));
    var lost = history.invoke(2, new Write<>("x", 8L));
    history.invoke(3, new Write<>("x", 9L)).refused();
    var read = history.invoke(1, new Read<>("x"));
    read.returned(7L);
    write.returned(0L);
    assertThat(history.operations())
        .containsExactly(
            Operation.completed(1, new Write<>("x", 7L), 0L, 1, 6),
            Operation.unknown(2, new Write<>("x", 8L), 2),
            Operation.completed(1, new Read<>("x"), 7L, 4, 5));
    lost.returned(0L);
    assertThat(history.operations()).noneMatch(Operation::isUnknown);
  }

  @Test
  void anOperationHasAnOutputExactlyWhenItReturned() {
    assertThatThrownBy(() -> new Operation<>(1, "in", null, 0, 10))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Operation<>(1, "in", "out", 0, Operation.NEVER))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Operation<>(1, "in", "out", 10, 9))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
