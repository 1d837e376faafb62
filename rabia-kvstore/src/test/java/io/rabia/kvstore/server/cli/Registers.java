package io.rabia.kvstore.server.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvQuery;
import io.rabia.kvstore.KvResult;
import io.rabia.testing.linearizability.KeyValueModel;
import io.rabia.testing.linearizability.KeyValueModel.Input;
import io.rabia.testing.linearizability.KeyValueModel.Output;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Gets, sets, compares and sets, increments and deletes, one key at a time. Stateless. */
final class Registers implements CheckedWork<Input, Output, Optional<String>> {
  private final KeyValueModel model = new KeyValueModel();

  @Override
  public Optional<String> initial() {
    return model.initial();
  }

  @Override
  public @Nullable Optional<String> step(
      Optional<String> state, Input input, @Nullable Output output) {
    return model.step(state, input, output);
  }

  @Override
  public Object key(Input input) {
    return model.key(input);
  }

  @Override
  public boolean isRead(Input input, Output output) {
    return model.isRead(input, output);
  }

  @Override
  public Input random(
      SplittableRandom random, String name, Optional<String> seen, Supplier<String> newValue) {
    int kind = random.nextInt(10);
    if (kind < 4) {
      return new KeyValueModel.Get(name);
    }
    if (kind < 6) {
      return new KeyValueModel.Put(name, newValue.get());
    }
    if (kind < 8) {
      return new KeyValueModel.CompareAndSet(name, seen, newValue.get());
    }
    return kind < 9 ? new KeyValueModel.Increment(name, 1) : new KeyValueModel.Delete(name);
  }

  @Override
  public @Nullable KvQuery query(Input input) {
    return input instanceof KeyValueModel.Get ? new KvQuery.Get(input.key().getBytes(UTF_8)) : null;
  }

  @Override
  public KvCommand command(Input input) {
    byte[] key = input.key().getBytes(UTF_8);
    if (input instanceof KeyValueModel.Put put) {
      return new KvCommand.Set(key, put.value().getBytes(UTF_8));
    }
    if (input instanceof KeyValueModel.CompareAndSet cas) {
      byte[] expected = cas.expected().map(text -> text.getBytes(UTF_8)).orElse(null);
      return new KvCommand.CompareAndSet(key, expected, cas.value().getBytes(UTF_8));
    }
    return input instanceof KeyValueModel.Increment increment
        ? new KvCommand.Increment(key, increment.by())
        : new KvCommand.Delete(List.of(key));
  }

  @Override
  public Output output(Input input, KvResult result) {
    if (result instanceof KvResult.Found found) {
      return new KeyValueModel.Value(new String(found.entry().value(), UTF_8));
    }
    if (result instanceof KvResult.Number number) {
      return new KeyValueModel.Value(Long.toString(number.value()));
    }
    if (result instanceof KvResult.Absent
        || result instanceof KvResult.Deleted deleted && deleted.count() == 0) {
      return new KeyValueModel.Absent();
    }
    if (result instanceof KvResult.Stored || result instanceof KvResult.Deleted) {
      return new KeyValueModel.Done();
    }
    if (result instanceof KvResult.Mismatch) {
      return new KeyValueModel.Refused();
    }
    throw new IllegalStateException(input + " was answered " + result);
  }

  @Override
  public Optional<String> seen(Optional<String> before, Input input, Output output) {
    if (output instanceof KeyValueModel.Value value) {
      return Optional.of(value.value());
    }
    if (output instanceof KeyValueModel.Absent || input instanceof KeyValueModel.Delete) {
      return Optional.empty();
    }
    return input instanceof KeyValueModel.Put put ? Optional.of(put.value()) : before;
  }
}
