package io.rabia.testing.linearizability;

import static io.rabia.testing.linearizability.Operation.completed;
import static io.rabia.testing.linearizability.Operation.unknown;
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
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Histories that the literature and test reports of databases discuss, made again by hand. */
class KnownHistoriesTest {

  @Nested
  class OfARegister {
    private static Operation<RegisterModel.Input<Integer>, Integer> read(
        int client, int value, long invoked, long returned) {
      return completed(client, new Read<>("x"), value, invoked, returned);
    }

    private static Operation<RegisterModel.Input<Integer>, Integer> write(
        int client, int value, long invoked, long returned) {
      return completed(client, new Write<>("x", value), 0, invoked, returned);
    }

    private static Operation<RegisterModel.Input<Integer>, Integer> lostWrite(
        int client, int value, long invoked) {
      return unknown(client, new Write<>("x", value), invoked);
    }

    @SafeVarargs
    @SuppressWarnings("varargs")
    private static Verdict check(Operation<RegisterModel.Input<Integer>, Integer>... history) {
      return LinearizabilityChecker.check(new RegisterModel<>(0), List.of(history));
    }

    @SafeVarargs
    private static void good(Operation<RegisterModel.Input<Integer>, Integer>... history) {
      check(history).require();
    }

    @SafeVarargs
    private static Verdict.NotLinearizable bad(
        Operation<RegisterModel.Input<Integer>, Integer>... history) {
      Verdict verdict = check(history);
      assertThat(verdict).isInstanceOf(Verdict.NotLinearizable.class);
      return (Verdict.NotLinearizable) verdict;
    }

    @Test
    void mayReadTheOldOrTheNewValueDuringAWrite() {
      good(write(1, 1, 0, 100), read(2, 0, 10, 20), read(2, 1, 30, 40));
    }

    /** A regular register, not an atomic one (Lamport's new-old inversion). */
    @Test
    void mayNotReadTheNewAndThenTheOldValueDuringAWrite() {
      var failure = bad(write(1, 1, 0, 100), read(2, 1, 10, 20), read(3, 0, 30, 40));
      assertThat(failure.misfit()).isEqualTo(read(3, 0, 30, 40));
    }

    @Test
    void mayReadEitherOfTwoConcurrentWritesOnTheirWay() {
      good(write(1, 1, 0, 50), write(2, 2, 0, 50), read(3, 2, 10, 20), read(3, 1, 30, 60));
    }

    @Test
    void mayNotFlipBackBetweenTwoConcurrentWrites() {
      bad(
          write(1, 1, 0, 50),
          write(2, 2, 0, 50),
          read(3, 1, 10, 20),
          read(3, 2, 30, 40),
          read(3, 1, 60, 70));
    }

    /** A replica that has not heard of the write answers. */
    @Test
    void mayNotReadAStaleValue() {
      var failure = bad(write(1, 1, 0, 10), write(1, 2, 20, 30), read(2, 1, 40, 50));
      assertThat(failure.misfit()).isEqualTo(read(2, 1, 40, 50));
      assertThat(failure.fitting()).containsExactly(write(1, 1, 0, 10), write(1, 2, 20, 30));
      assertThat(failure.state()).isEqualTo(2);
    }

    @Test
    void mayNotReadWhatNobodyWrote() {
      bad(write(1, 1, 0, 10), read(2, 7, 5, 20));
    }

    @Test
    void mayNotReadAWriteBeforeItWasInvoked() {
      bad(read(2, 1, 0, 10), write(1, 1, 20, 30));
    }

    /** Both readers see a write and then the other one, in different orders: causal, no more. */
    @Test
    void twoReadersMayNotSeeTwoWritesInDifferentOrders() {
      bad(
          write(1, 1, 0, 100),
          write(2, 2, 0, 100),
          read(3, 1, 10, 20),
          read(3, 2, 30, 40),
          read(4, 2, 10, 20),
          read(4, 1, 30, 40));
    }

    /** Sequentially consistent: each client's order is kept, real time is not. */
    @Test
    void orderWithinEachClientIsNotEnough() {
      bad(write(1, 1, 0, 10), read(2, 0, 20, 30), read(2, 1, 40, 50));
    }

    @Test
    void operationsThatTouchAreConcurrent() {
      good(write(1, 1, 0, 10), read(2, 0, 10, 20));
      bad(write(1, 1, 0, 10), read(2, 0, 11, 20));
    }

    @Test
    void aLostWriteMayBeSeenLongAfterwards() {
      good(lostWrite(1, 1, 0), write(2, 2, 10, 20), read(3, 2, 30, 40), read(3, 1, 500, 510));
    }

    @Test
    void aLostWriteMayNeverBeSeen() {
      good(lostWrite(1, 1, 0), write(2, 2, 10, 20), read(3, 2, 30, 40));
    }

    @Test
    void aLostWriteThatWasSeenMayNotBeUnseen() {
      var failure = bad(lostWrite(1, 1, 0), read(2, 1, 10, 20), read(2, 0, 30, 40));
      assertThat(failure.fitting()).containsExactly(lostWrite(1, 1, 0), read(2, 1, 10, 20));
    }

    @Test
    void aLostWriteTakesEffectOnlyOnce() {
      bad(lostWrite(1, 1, 0), read(2, 1, 10, 20), write(2, 2, 30, 40), read(2, 1, 50, 60));
      good(
          lostWrite(1, 1, 0),
          lostWrite(1, 1, 5),
          read(2, 1, 10, 20),
          write(2, 2, 30, 40),
          read(2, 1, 50, 60));
    }

    @Test
    void aLostWriteMayNotBeSeenBeforeItWasInvoked() {
      bad(read(2, 1, 0, 10), lostWrite(1, 1, 20));
    }

    /** A compare-and-set loop of two clients, both of which believe to have been first. */
    @Test
    void twoSwapsMayNotFindTheSameValue() {
      Operation<RegisterModel.Input<Integer>, Integer> first =
          completed(1, new Swap<>("x", 1), 0, 0, 10);
      bad(first, completed(2, new Swap<>("x", 2), 0, 0, 10));
      good(first, completed(2, new Swap<>("x", 2), 1, 0, 10));
    }

    @Test
    void anEmptyHistoryIsLinearizable() {
      good();
      good(lostWrite(1, 1, 0));
    }
  }

  @Nested
  class OfAMap {
    private static Operation<KeyValueModel.Input, KeyValueModel.Output> op(
        KeyValueModel.Input input, KeyValueModel.Output output, long invoked, long returned) {
      return completed(1, input, output, invoked, returned);
    }

    @SafeVarargs
    @SuppressWarnings("varargs")
    private static Verdict check(Operation<KeyValueModel.Input, KeyValueModel.Output>... history) {
      return LinearizabilityChecker.check(new KeyValueModel(), List.of(history));
    }

    /** Two increments, one of them gone: last writer wins. */
    @Test
    void mayNotLoseAnUpdate() {
      Verdict verdict =
          check(
              op(new Increment("k", 1), new Value("1"), 0, 10),
              op(new Increment("k", 1), new Value("1"), 5, 15),
              op(new Get("k"), new Value("1"), 20, 30));
      assertThat(verdict.linearizable()).isFalse();
    }

    @Test
    void onlyOneOfTwoEqualComparisonsSucceeds() {
      KeyValueModel.Input cas = new CompareAndSet("k", Optional.of("1"), "2");
      var put = op(new Put("k", "1"), new Done(), 0, 10);
      assertThat(
              check(put, op(cas, new Done(), 20, 30), op(cas, new Done(), 20, 30)).linearizable())
          .isFalse();
      check(put, op(cas, new Done(), 20, 30), op(cas, new Refused(), 20, 30)).require();
    }

    /** The refusal gives the state away. */
    @Test
    void mayNotRefuseAComparisonThatHolds() {
      Verdict verdict =
          check(
              op(new Put("k", "1"), new Done(), 0, 10),
              op(new CompareAndSet("k", Optional.of("1"), "2"), new Refused(), 20, 30));
      assertThat(verdict.linearizable()).isFalse();
    }

    @Test
    void mayNotBringADeletedKeyBack() {
      var put = op(new Put("k", "1"), new Done(), 0, 10);
      var delete = op(new Delete("k"), new Done(), 20, 30);
      var gone = op(new Get("k"), new Absent(), 40, 50);
      check(put, delete, gone).require();
      assertThat(check(put, delete, gone, op(new Get("k"), new Value("1"), 60, 70)).linearizable())
          .isFalse();
      assertThat(check(put, delete, op(new Delete("k"), new Done(), 40, 50)).linearizable())
          .isFalse();
    }

    @Test
    void aDeleteOfUnknownOutcomeMayComeBetween() {
      check(
              op(new Put("k", "1"), new Done(), 0, 10),
              unknown(2, new Delete("k"), 5),
              op(new Get("k"), new Value("1"), 20, 30),
              op(new CompareAndSet("k", Optional.empty(), "3"), new Done(), 40, 50))
          .require();
    }

    @Test
    void incrementsOfUnknownOutcomeCountOnceEachOrNot() {
      var lost =
          Operation.<KeyValueModel.Input, KeyValueModel.Output>unknown(2, new Increment("k", 1), 0);
      check(lost, lost, op(new Get("k"), new Value("2"), 10, 20)).require();
      check(lost, lost, op(new Increment("k", 1), new Value("2"), 10, 20)).require();
      assertThat(check(lost, lost, op(new Get("k"), new Value("3"), 10, 20)).linearizable())
          .isFalse();
    }

    @Test
    void incrementsNumbersOnly() {
      check(
              op(new Increment("n", -2), new Value("-2"), 0, 1),
              op(new Put("n", "x"), new Done(), 2, 3),
              op(new Increment("n", 1), new Refused(), 4, 5),
              op(new Put("n", Long.toString(Long.MAX_VALUE)), new Done(), 6, 7),
              op(new Increment("n", 1), new Refused(), 8, 9))
          .require();
    }

    @Test
    void keysAreIndependentAndTheWrongOneIsNamed() {
      Verdict verdict =
          check(
              op(new Put("good", "1"), new Done(), 0, 10),
              op(new Put("wrong", "1"), new Done(), 0, 10),
              op(new Get("good"), new Value("1"), 20, 30),
              op(new Get("wrong"), new Absent(), 20, 30));
      assertThat(verdict).isInstanceOf(Verdict.NotLinearizable.class);
      assertThat(((Verdict.NotLinearizable) verdict).key()).isEqualTo("wrong");
    }
  }

  /** Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects", 1990. */
  @Nested
  class OfAQueue {
    private static Operation<Optional<String>, Optional<String>> put(
        String value, long invoked, long returned) {
      return completed(1, Optional.of(value), Optional.empty(), invoked, returned);
    }

    private static Operation<Optional<String>, Optional<String>> take(
        String value, long invoked, long returned) {
      return completed(2, Optional.empty(), Optional.of(value), invoked, returned);
    }

    @SafeVarargs
    @SuppressWarnings("varargs")
    private static boolean linearizable(Operation<Optional<String>, Optional<String>>... history) {
      return LinearizabilityChecker.check(new QueueModel<String>(), List.of(history))
          .linearizable();
    }

    @Test
    void concurrentPutsMayBeTakenInEitherOrder() {
      assertThat(
              linearizable(put("x", 0, 10), put("y", 5, 15), take("x", 20, 30), put("z", 25, 40)))
          .isTrue();
      assertThat(
              linearizable(put("x", 0, 10), put("y", 5, 15), take("y", 20, 30), take("x", 35, 40)))
          .isTrue();
    }

    @Test
    void putsInOrderMayNotBeTakenOutOfOrder() {
      assertThat(linearizable(put("x", 0, 10), put("y", 15, 20), take("y", 25, 30))).isFalse();
    }

    @Test
    void mayBeTakenWhileItIsStillBeingPut() {
      assertThat(linearizable(put("x", 0, 100), take("x", 10, 20))).isTrue();
    }

    @Test
    void mayNotBeTakenTwice() {
      assertThat(
              linearizable(put("x", 0, 10), put("y", 5, 15), take("y", 20, 30), take("y", 25, 35)))
          .isFalse();
    }

    @Test
    void mayNotBeFoundEmptyAfterAPut() {
      assertThat(
              linearizable(
                  put("x", 0, 10), completed(2, Optional.empty(), Optional.empty(), 20, 30)))
          .isFalse();
    }
  }
}
