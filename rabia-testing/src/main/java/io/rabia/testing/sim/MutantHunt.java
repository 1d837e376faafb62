package io.rabia.testing.sim;

import io.rabia.testing.mutant.SourceMutant;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/** Looks for every planted bug of {@link SimMutants} with {@link SimCheck}, on all cores. */
final class MutantHunt {
  private final PrintStream out;
  private int missed;

  private record Result(int number, SourceMutant mutant, Optional<String> caught) {}

  private MutantHunt(PrintStream out) {
    this.out = out;
  }

  /** Prints for each bug which seed caught it; true when all were caught. */
  static boolean run(PrintStream out, PrintStream progress) {
    MutantHunt hunt = new MutantHunt(out);
    List<SourceMutant> mutants = SimMutants.all();
    InOrder.run(
        IntStream.rangeClosed(1, mutants.size()).iterator(),
        number -> {
          SourceMutant mutant = mutants.get(number - 1);
          return new Result(number, mutant, mutant.run(SimCheck.class));
        },
        hunt::tell,
        () -> progress.println("progress: mutants are at work"));
    out.printf(
        Locale.ROOT,
        "mutants planted=%d caught=%d missed=%d%n",
        mutants.size(),
        mutants.size() - hunt.missed,
        hunt.missed);
    return hunt.missed == 0;
  }

  private void tell(Result result) {
    missed += result.caught().isPresent() ? 0 : 1;
    out.println(result.number() + " " + result.mutant().name());
    out.println(
        result
            .caught()
            .map(
                by ->
                    "  caught by "
                        + by.replace("--seed", "--mutant " + result.number() + " --seed"))
            .orElse("  NOT CAUGHT"));
  }
}
