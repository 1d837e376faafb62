package io.rabia.testing.sim;

import io.rabia.testing.mutant.SourceMutant;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Looks for every planted bug of {@link SimMutants} with {@link SimCheck}, on all cores. A seed
 * that finds something in sound code, too, has caught nothing. Thread-safe.
 */
final class MutantHunt {
  private final IntFunction<@Nullable String> sound;

  /** What was found in sound code, by seed; empty where nothing was. */
  private final SortedMap<Integer, String> control = new ConcurrentSkipListMap<>();

  private record Result(int number, SourceMutant mutant, Optional<String> caught) {}

  MutantHunt() {
    this(SimCheck::run);
  }

  /**
   * @param sound what a seed finds in sound code
   */
  MutantHunt(IntFunction<@Nullable String> sound) {
    this.sound = sound;
  }

  /**
   * Prints for each bug which seed caught it; true when all were caught, and nothing was found in
   * sound code with any seed that found one.
   */
  boolean run(PrintStream out, PrintStream progress) {
    List<SourceMutant> mutants = SimMutants.all();
    int[] caught = {0};
    InOrder.run(
        IntStream.rangeClosed(1, mutants.size()).iterator(),
        number -> {
          SourceMutant mutant = mutants.get(number - 1);
          return new Result(number, mutant, caught(mutant));
        },
        result -> {
          caught[0] += result.caught().isPresent() ? 1 : 0;
          tell(result, out);
        },
        () -> progress.println("progress: mutants are at work"));
    List<Integer> failing = failing();
    failing.forEach(seed -> out.println("without any bug " + control.get(seed)));
    out.printf(
        Locale.ROOT,
        "mutants planted=%d caught=%d missed=%d control_seeds=%d control_failed=%d%n",
        mutants.size(),
        caught[0],
        mutants.size() - caught[0],
        control.size(),
        failing.size());
    return caught[0] == mutants.size() && failing.isEmpty();
  }

  private List<Integer> failing() {
    return control.entrySet().stream()
        .filter(seed -> !seed.getValue().isEmpty())
        .map(Map.Entry::getKey)
        .collect(Collectors.toList());
  }

  /** What the first seed told that finds something with this bug and nothing without it. */
  @SuppressWarnings("unchecked")
  Optional<String> caught(SourceMutant mutant) {
    try {
      var check = mutant.load(SimCheck.class).getMethod("find", int.class);
      Map.Entry<Integer, String> found = (Map.Entry<Integer, String>) check.invoke(null, 1);
      while (found != null && !isSound(found.getKey())) {
        found = (Map.Entry<Integer, String>) check.invoke(null, found.getKey() + 1);
      }
      return Optional.ofNullable(found).map(Map.Entry::getValue);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("mutant '" + mutant.name() + "' broke the check", e);
    }
  }

  private boolean isSound(int seed) {
    return control
        .computeIfAbsent(seed, s -> Optional.ofNullable(sound.apply(s)).orElse(""))
        .isEmpty();
  }

  private static void tell(Result result, PrintStream out) {
    out.println(result.number() + " " + result.mutant().name());
    out.println(
        result
            .caught()
            .map(
                by ->
                    "  caught, and not without it, by "
                        + by.replace("--seed", "--mutant " + result.number() + " --seed"))
            .orElse("  NOT CAUGHT"));
  }
}
