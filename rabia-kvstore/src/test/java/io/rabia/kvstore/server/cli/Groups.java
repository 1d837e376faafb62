package io.rabia.kvstore.server.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvCondition;
import io.rabia.kvstore.KvEntry;
import io.rabia.kvstore.KvQuery;
import io.rabia.kvstore.KvResult;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Transactions over groups of three keys, reads of all three at one slot, and writes of one of them
 * alone. A group is one object: what is done to several keys at once happens at one moment.
 * Stateless.
 */
final class Groups implements CheckedWork<Groups.Input, Groups.Output, List<Optional<String>>> {
  static final int KEYS = 3;

  /**
   * Writes to some keys if some have the values expected, and reads them all.
   *
   * @param kind how it is asked
   * @param expected of the keys with these numbers; empty: there must be none
   * @param writes to the keys with these numbers; empty: the key is deleted
   */
  record Input(
      Kind kind,
      String group,
      Map<Integer, Optional<String>> expected,
      Map<Integer, Optional<String>> writes) {}

  /** How something is asked of the store. */
  enum Kind {
    READ,
    TRANSACTION,
    SET
  }

  /**
   * @param held whether everything was as expected
   * @param values of all keys afterwards; empty when they were not asked for
   */
  record Output(boolean held, List<Optional<String>> values) {}

  @Override
  public List<Optional<String>> initial() {
    return Collections.nCopies(KEYS, Optional.empty());
  }

  @Override
  public @Nullable List<Optional<String>> step(
      List<Optional<String>> state, Input input, @Nullable Output output) {
    boolean held =
        input.expected().entrySet().stream()
            .allMatch(e -> state.get(e.getKey()).equals(e.getValue()));
    List<Optional<String>> after = new ArrayList<>(state);
    if (held) {
      input.writes().forEach(after::set);
    }
    boolean possible =
        output == null
            || output.held() == held && (input.kind() == Kind.SET || output.values().equals(after));
    return possible ? List.copyOf(after) : null;
  }

  @Override
  public Object key(Input input) {
    return input.group();
  }

  @Override
  public boolean isRead(Input input, Output output) {
    return input.writes().isEmpty() || !output.held();
  }

  @Override
  public long bytes(List<Optional<String>> state) {
    return 64L * (1 + KEYS);
  }

  @Override
  public Input random(
      SplittableRandom random,
      String name,
      List<Optional<String>> seen,
      Supplier<String> newValue) {
    int kind = random.nextInt(10);
    if (kind < 3) {
      return new Input(Kind.READ, name, Map.of(), Map.of());
    }
    int first = random.nextInt(KEYS);
    if (kind < 5) {
      return new Input(Kind.SET, name, Map.of(), Map.of(first, Optional.of(newValue.get())));
    }
    Map<Integer, Optional<String>> expected = new TreeMap<>();
    Map<Integer, Optional<String>> writes = new TreeMap<>();
    for (int key = 0; key < KEYS; key++) {
      if (random.nextInt(3) == 0) {
        expected.put(key, seen.get(key));
      }
      if (key != first) {
        boolean deletes = random.nextInt(4) == 0;
        writes.put(key, deletes ? Optional.empty() : Optional.of(newValue.get()));
      }
    }
    return new Input(Kind.TRANSACTION, name, expected, writes);
  }

  private static byte[] key(Input input, int number) {
    return (input.group() + ":" + number).getBytes(UTF_8);
  }

  private static KvQuery.GetAll all(Input input) {
    return new KvQuery.GetAll(IntStream.range(0, KEYS).mapToObj(i -> key(input, i)).toList());
  }

  @Override
  public @Nullable KvQuery query(Input input) {
    return input.kind() == Kind.READ ? all(input) : null;
  }

  @Override
  public KvCommand command(Input input) {
    List<KvCommand> writes = new ArrayList<>();
    input.writes().forEach((number, value) -> writes.add(write(key(input, number), value)));
    if (input.kind() == Kind.SET) {
      return writes.get(0);
    }
    List<KvCondition> conditions = new ArrayList<>();
    input
        .expected()
        .forEach(
            (number, value) -> {
              byte[] key = key(input, number);
              conditions.add(
                  value.isEmpty()
                      ? new KvCondition.HasVersion(key, 0)
                      : new KvCondition.HasValue(key, value.get().getBytes(UTF_8)));
            });
    KvCommand read = new KvCommand.Ask(all(input));
    writes.add(read);
    return new KvCommand.Transaction(conditions, writes, List.of(read));
  }

  private static KvCommand write(byte[] key, Optional<String> value) {
    return value.isEmpty()
        ? new KvCommand.Delete(List.of(key))
        : new KvCommand.Set(key, value.get().getBytes(UTF_8));
  }

  @Override
  public Output output(Input input, KvResult result) {
    if (result instanceof KvResult.Entries entries) {
      return new Output(true, values(entries));
    }
    if (result instanceof KvResult.Transacted done) {
      KvResult last = done.results().get(done.results().size() - 1);
      return new Output(done.held(), values((KvResult.Entries) last));
    }
    if (result instanceof KvResult.Stored) {
      return new Output(true, List.of());
    }
    throw new IllegalStateException(input + " was answered " + result);
  }

  private static List<Optional<String>> values(KvResult.Entries entries) {
    return entries.entries().stream()
        .map(entry -> Optional.ofNullable(entry).map(KvEntry::value).map(v -> new String(v, UTF_8)))
        .toList();
  }

  @Override
  public List<Optional<String>> seen(List<Optional<String>> before, Input input, Output output) {
    return output.values().isEmpty() ? before : output.values();
  }
}
