package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.RabiaException;
import io.rabia.core.RabiaException.ChangeRefused.Reason;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

final class StoreExceptionTest {
  private static final List<RabiaException> NOT_EXECUTED =
      List.of(
          new RabiaException.Network("x", null),
          new RabiaException.NoQuorum("x"),
          new RabiaException.Overload("x"),
          new RabiaException.Unavailable("x"),
          new RabiaException.Validation("x"),
          new RabiaException.Serialization("x"),
          new RabiaException.Fenced("x"));

  private static final List<RabiaException> EXECUTED =
      List.of(new RabiaException.AnswerTooLarge("x"));

  private static final List<RabiaException> UNKNOWN =
      List.of(
          new RabiaException.Timeout("x"),
          new RabiaException.SessionClosed("x"),
          new RabiaException.Closed("x"),
          new RabiaException.Storage("x", null),
          new RabiaException.NotAMember("x"),
          new RabiaException.Checksum("x"),
          new RabiaException.StateMachineFailure("x"),
          new RabiaException.WrongCluster("x"),
          new RabiaException.ChangeRefused(Reason.STALE, "x"));

  @Test
  void everyFailureSaysWhetherTheCommandMayHaveBeenExecuted() {
    assertThat(NOT_EXECUTED).noneMatch(e -> StoreException.from(e).outcomeUnknown());
    assertThat(EXECUTED).noneMatch(e -> StoreException.from(e).outcomeUnknown());
    assertThat(UNKNOWN).allMatch(e -> StoreException.from(e).outcomeUnknown());
    assertThat(UNKNOWN)
        .allMatch(e -> StoreException.from(e).getMessage().endsWith(": x; outcome unknown"));
    List<Class<?>> all = Arrays.asList(RabiaException.class.getPermittedSubclasses());
    assertThat(NOT_EXECUTED.size() + EXECUTED.size() + UNKNOWN.size()).isEqualTo(all.size());
    assertThat(NOT_EXECUTED).extracting(Object::getClass).isSubsetOf(all);
    assertThat(EXECUTED).extracting(Object::getClass).isSubsetOf(all);
    assertThat(UNKNOWN).extracting(Object::getClass).isSubsetOf(all);
  }

  @Test
  void aQueryHasNoUnknownOutcome() {
    StoreException failure =
        StoreException.ofQuery(new CompletionException(new RabiaException.Timeout("no answer")));
    assertThat(failure.error()).isEqualTo(StoreError.TIMEOUT);
    assertThat(failure).hasMessage("TIMEOUT: no answer");
    assertThat(failure.outcomeUnknown()).isFalse();
  }
}
