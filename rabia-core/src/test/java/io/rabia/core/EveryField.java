package io.rabia.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.function.ThrowingSupplier;

/**
 * Proves that no field of a configuration is idle, and that something produces each field of a
 * statistic. The fields are found by reflection: one without a proof fails, and so does a proof
 * whose two values differ in another field than in its own.
 */
public final class EveryField<T> {

  /** Does something with a configuration and says what came of it. */
  @FunctionalInterface
  public interface Observation<T> {
    Object of(T configuration) throws Exception;
  }

  private final Class<T> type;
  private final Map<String, Executable> proofs = new LinkedHashMap<>();

  private EveryField(Class<T> type) {
    this.type = type;
  }

  public static <T> EveryField<T> of(Class<T> type) {
    return new EveryField<>(type);
  }

  /** The two differ in this field only, and so does what is observed with them. */
  public EveryField<T> matters(
      String field, T one, Object withOne, T other, Object withOther, Observation<T> observation) {
    return prove(
        field,
        () -> {
          assertThat(changed(one, other)).as("fields that differ").containsExactly(field);
          assertThat(withOne).as("nothing would be proved").isNotEqualTo(withOther);
          assertThat(observation.of(one)).as("with %s", value(field, one)).isEqualTo(withOne);
          assertThat(observation.of(other)).as("with %s", value(field, other)).isEqualTo(withOther);
        });
  }

  /** Something gives this field of a statistic another value than it has in a fresh one. */
  public EveryField<T> shows(String field, T fresh, Object expected, ThrowingSupplier<T> later) {
    return prove(
        field,
        () -> {
          assertThat(value(field, fresh)).as("nothing would be proved").isNotEqualTo(expected);
          assertThat(value(field, later.get())).isEqualTo(expected);
        });
  }

  /** As {@link #shows(String, Object, Object, ThrowingSupplier)}, with whatever other value. */
  public EveryField<T> shows(String field, T fresh, ThrowingSupplier<T> later) {
    return prove(
        field, () -> assertThat(value(field, later.get())).isNotEqualTo(value(field, fresh)));
  }

  private EveryField<T> prove(String field, Executable proof) {
    assertThat(proofs.put(field, proof)).as("a second proof for " + field).isNull();
    return this;
  }

  /** A test for each field, and for each proof of a field that is not there. */
  public Stream<DynamicTest> tests() {
    List<DynamicTest> tests = new ArrayList<>();
    List<String> names = fields().stream().map(Field::getName).toList();
    for (String name : names) {
      Executable unproved =
          () -> {
            throw new AssertionError(
                "nothing shows what " + type.getSimpleName() + "." + name + " does");
          };
      tests.add(DynamicTest.dynamicTest(name, proofs.getOrDefault(name, unproved)));
    }
    tests.add(
        DynamicTest.dynamicTest(
            "no proof of anything else", () -> assertThat(names).containsAll(proofs.keySet())));
    return tests.stream();
  }

  private List<Field> fields() {
    return Arrays.stream(type.getDeclaredFields())
        .filter(field -> !Modifier.isStatic(field.getModifiers()) && !field.isSynthetic())
        .toList();
  }

  private List<String> changed(T one, T other) {
    return fields().stream()
        .map(Field::getName)
        .filter(name -> !Objects.deepEquals(value(name, one), value(name, other)))
        .toList();
  }

  private Object value(String name, T of) {
    try {
      Field field = type.getDeclaredField(name);
      field.setAccessible(true);
      return field.get(of);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("no field " + name + " in " + type, e);
    }
  }
}
