package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What became of a request. */
final class Answer implements ResultHandler {
  private byte @Nullable [] result;
  private @Nullable RabiaException failure;
  private int calls;

  @Override
  public void onResult(byte[] result) {
    this.result = result;
    calls++;
  }

  @Override
  public void onFailure(RabiaException failure) {
    this.failure = failure;
    calls++;
  }

  boolean isOpen() {
    assertThat(calls).isLessThan(2);
    return calls == 0;
  }

  boolean isFailure() {
    return failure != null;
  }

  byte[] bytes() {
    assertThat(calls).as("one answer").isEqualTo(1);
    assertThat(failure).isNull();
    assertThat(result).isNotNull();
    return result;
  }

  String text() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  long number() {
    return ByteBuffer.wrap(bytes()).getLong();
  }

  RabiaException failure() {
    assertThat(calls).as("one answer").isEqualTo(1);
    assertThat(result).isNull();
    assertThat(failure).isNotNull();
    return failure;
  }
}
