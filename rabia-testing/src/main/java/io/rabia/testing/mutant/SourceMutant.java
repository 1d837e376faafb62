package io.rabia.testing.mutant;

import io.rabia.core.InvariantViolation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * A planted bug: a production source file with exact texts replaced. The sources travel with this
 * module, so no hook in production code is needed. A check runs against the changed class in a
 * class loader of its own, in which every class of this project is loaded anew. Immutable and
 * thread-safe.
 *
 * @param name what the bug is
 * @param file path of the source file from its source root, such as {@code
 *     io/rabia/engine/protocol/Lanes.java}
 * @param edits texts of the file, each of which must be there exactly once, and what stands there
 *     instead
 */
public record SourceMutant(String name, String file, List<Edit> edits) {

  /** One replacement. */
  public record Edit(String text, String replacement) {}

  /** Where Maven puts the sources. */
  static final String SOURCES = "META-INF/rabia-sources/";

  public SourceMutant {
    edits = List.copyOf(edits);
  }

  public static SourceMutant of(String name, String file, String text, String replacement) {
    return new SourceMutant(name, file, List.of(new Edit(text, replacement)));
  }

  /**
   * The changed source.
   *
   * @throws IllegalStateException when what is to be changed does not stand there exactly once
   */
  public String source() {
    String source = original();
    for (Edit edit : edits) {
      int at = source.indexOf(edit.text());
      if (at < 0 || source.indexOf(edit.text(), at + 1) >= 0) {
        throw new IllegalStateException(
            "mutant '" + name + "': this is not exactly once in " + file + ":\n" + edit.text());
      }
      source = source.replace(edit.text(), edit.replacement());
    }
    return source;
  }

  private String original() {
    try (InputStream in = SourceMutant.class.getClassLoader().getResourceAsStream(SOURCES + file)) {
      return new String(
          Objects.requireNonNull(in, SOURCES + file).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(SOURCES + file, e);
    }
  }

  /**
   * Another class of the same name, around which this bug is planted.
   *
   * @throws IllegalStateException when the mutant cannot be made
   */
  public Class<?> load(Class<?> original) {
    try {
      return Class.forName(
          original.getName(), true, new MutantClassLoader(MutantCompiler.compile(this)));
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Runs a check against this mutant.
   *
   * @param check a public class with a public constructor without arguments; found by name in the
   *     mutant's class loader
   * @return the violation that the check reported by throwing {@link InvariantViolation}, or empty
   *     when it saw nothing
   * @throws IllegalStateException when the mutant cannot be made, or the check fails in any other
   *     way
   */
  public Optional<String> run(Class<? extends Callable<?>> check) {
    Class<?> changed = load(check);
    try {
      ((Callable<?>) changed.getConstructor().newInstance()).call();
      return Optional.empty();
    } catch (Exception e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause.getClass().getName().equals(InvariantViolation.class.getName())) {
          return Optional.of(String.valueOf(cause.getMessage()));
        }
      }
      throw new IllegalStateException(
          "mutant '" + name + "' broke the check instead of failing it", e);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
