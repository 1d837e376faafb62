package io.rabia.testing.linearizability;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A map of texts, checked key by key. Stateless. */
public final class KeyValueModel
    implements Model<KeyValueModel.Input, KeyValueModel.Output, Optional<String>> {

  /** What is asked. */
  public sealed interface Input {
    String key();
  }

  /** Answered with a {@link Value} or {@link Absent}. */
  public record Get(String key) implements Input {}

  /** Answered with {@link Done}. */
  public record Put(String key, String value) implements Input {}

  /** Answered with {@link Done}, or {@link Absent} when there was nothing to delete. */
  public record Delete(String key) implements Input {}

  /**
   * Answered with {@link Done}, or {@link Refused} when the value is another one.
   *
   * @param expected empty: the key must not exist
   */
  public record CompareAndSet(String key, Optional<String> expected, String value)
      implements Input {}

  /**
   * Answered with the {@link Value} afterwards, or {@link Refused} when it is no decimal 64-bit
   * number before or afterwards. A missing key counts as 0.
   */
  public record Increment(String key, long by) implements Input {}

  /** What is answered. */
  public sealed interface Output {}

  public record Value(String value) implements Output {}

  public record Absent() implements Output {}

  public record Done() implements Output {}

  public record Refused() implements Output {}

  private record Result(Optional<String> state, Output output) {}

  @Override
  public Optional<String> initial() {
    return Optional.empty();
  }

  @Override
  public @Nullable Optional<String> step(
      Optional<String> state, Input input, @Nullable Output output) {
    Result result = execute(state, input);
    return output == null || output.equals(result.output()) ? result.state() : null;
  }

  @Override
  public boolean isRead(Input input, Output output) {
    return input instanceof Get || output instanceof Refused || output instanceof Absent;
  }

  @Override
  public Object key(Input input) {
    return input.key();
  }

  private static Result execute(Optional<String> state, Input input) {
    if (input instanceof Get) {
      return new Result(state, state.<Output>map(Value::new).orElse(new Absent()));
    }
    if (input instanceof Put put) {
      return new Result(Optional.of(put.value()), new Done());
    }
    if (input instanceof Delete) {
      return new Result(Optional.empty(), state.isPresent() ? new Done() : new Absent());
    }
    if (input instanceof CompareAndSet cas) {
      return state.equals(cas.expected())
          ? new Result(Optional.of(cas.value()), new Done())
          : new Result(state, new Refused());
    }
    return increment(state, ((Increment) input).by());
  }

  private static Result increment(Optional<String> state, long by) {
    try {
      long after = Math.addExact(Long.parseLong(state.orElse("0")), by);
      String text = Long.toString(after);
      return new Result(Optional.of(text), new Value(text));
    } catch (NumberFormatException | ArithmeticException e) {
      return new Result(state, new Refused());
    }
  }
}
