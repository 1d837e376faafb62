package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.server.cli.Groups.Input;
import io.rabia.kvstore.server.cli.Groups.Kind;
import io.rabia.kvstore.server.cli.Groups.Output;
import io.rabia.testing.linearizability.LinearizabilityChecker;
import io.rabia.testing.linearizability.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Does the model of transactions see what a store could do wrong? */
final class GroupsTest {
  private static final Optional<String> NONE = Optional.empty();
  private static final Optional<String> A = Optional.of("a");
  private static final Optional<String> B = Optional.of("b");

  private final List<Operation<Input, Output>> history = new ArrayList<>();

  private static Input transaction(
      Map<Integer, Optional<String>> expected, Map<Integer, Optional<String>> writes) {
    return new Input(Kind.TRANSACTION, "group", expected, writes);
  }

  private void did(long from, long to, Input input, boolean held, List<Optional<String>> values) {
    history.add(Operation.completed(1, input, new Output(held, values), from, to));
  }

  private void read(long from, long to, List<Optional<String>> values) {
    did(from, to, new Input(Kind.READ, "group", Map.of(), Map.of()), true, values);
  }

  private boolean linearizable() {
    return LinearizabilityChecker.check(new Groups(), history).linearizable();
  }

  @Test
  void allKeysChangeAtOneMoment() {
    did(0, 9, transaction(Map.of(0, NONE), Map.of(0, A, 1, B)), true, List.of(A, B, NONE));
    read(1, 2, List.of(NONE, NONE, NONE));
    read(3, 4, List.of(A, B, NONE));
    assertThat(linearizable()).isTrue();
    read(5, 6, List.of(A, NONE, NONE));
    assertThat(linearizable()).as("half of a transaction is seen").isFalse();
  }

  @Test
  void conditionsAreOfTheSameMomentAsTheWrites() {
    did(0, 1, transaction(Map.of(0, NONE), Map.of(0, A)), true, List.of(A, NONE, NONE));
    did(2, 3, transaction(Map.of(0, NONE), Map.of(1, B)), false, List.of(A, NONE, NONE));
    assertThat(linearizable()).isTrue();
    did(4, 5, transaction(Map.of(0, NONE), Map.of(1, B)), true, List.of(A, B, NONE));
    assertThat(linearizable()).as("a condition is ignored").isFalse();
  }

  @Test
  void oneOfUnknownOutcomeIsDoneWhollyOrNotAtAll() {
    history.add(Operation.unknown(2, transaction(Map.of(), Map.of(0, A, 1, B)), 0));
    read(1, 2, List.of(NONE, NONE, NONE));
    read(3, 4, List.of(A, B, NONE));
    assertThat(linearizable()).isTrue();
    read(5, 6, List.of(NONE, B, NONE));
    assertThat(linearizable()).isFalse();
  }

  @Test
  void aWriteOfOneKeyIsSeenByTransactionsOfAll() {
    did(0, 1, new Input(Kind.SET, "group", Map.of(), Map.of(2, A)), true, List.of());
    did(2, 3, transaction(Map.of(2, A), Map.of(2, NONE)), true, List.of(NONE, NONE, NONE));
    assertThat(linearizable()).isTrue();
    read(4, 5, List.of(NONE, NONE, A));
    assertThat(linearizable()).as("stale").isFalse();
  }
}
