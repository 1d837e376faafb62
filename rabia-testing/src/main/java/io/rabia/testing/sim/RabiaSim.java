package io.rabia.testing.sim;

import io.rabia.testing.mutant.SourceMutant;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The simulator's command line. */
public final class RabiaSim {
  private static final String USAGE =
      "usage: rabia-sim [--seeds A..B | --seed N] [--seconds S] [--nodes N]"
          + " [--faults all|none|NAME,...] [--load light|steady] | --mutants";

  private long first = 1;
  private long last = 200;
  private int seconds = 60;
  private int nodes = 3;
  private boolean replay;
  private boolean allFaults;
  private Set<Fault> faults = EnumSet.allOf(Fault.class);
  private String faultText = "all";
  private Load load = Load.LIGHT;
  private boolean mutants;

  private RabiaSim() {}

  /** Exit code 0 if all runs passed, 1 if one failed or was invalid, 2 for a wrong command line. */
  public static void main(String[] args) {
    System.exit(run(args, System.out));
  }

  static int run(String[] args, PrintStream out) {
    RabiaSim sim = new RabiaSim();
    try {
      sim.parse(args);
    } catch (IllegalArgumentException e) {
      out.println(e.getMessage() == null ? USAGE : e.getMessage() + "\n" + USAGE);
      return 2;
    }
    return sim.mutants ? plant(out) : sim.simulate(out);
  }

  /** Every planted bug must be caught. */
  private static int plant(PrintStream out) {
    int missed = 0;
    for (SourceMutant mutant : SimMutants.all()) {
      Optional<String> caught = mutant.run(SimCheck.class);
      missed += caught.isPresent() ? 0 : 1;
      out.println(mutant.name() + ": " + caught.map(by -> "caught, " + by).orElse("NOT CAUGHT"));
    }
    out.printf(Locale.ROOT, "mutants=%d missed=%d%n", SimMutants.all().size(), missed);
    return missed == 0 ? 0 : 1;
  }

  private void parse(String[] args) {
    for (int i = 0; i < args.length; i += 2) {
      if (args[i].equals("--mutants")) {
        mutants = true;
        i--;
        continue;
      }
      if (i + 1 == args.length) {
        throw new IllegalArgumentException("no value for " + args[i]);
      }
      String value = args[i + 1];
      switch (args[i]) {
        case "--seeds" -> {
          String[] ends = value.split("\\.\\.", 2);
          first = Long.parseLong(ends[0]);
          last = Long.parseLong(ends[ends.length - 1]);
        }
        case "--seed" -> {
          first = Long.parseLong(value);
          last = first;
          replay = true;
        }
        case "--seconds" -> seconds = Integer.parseInt(value);
        case "--nodes" -> nodes = Integer.parseInt(value);
        case "--faults" -> faults(value);
        case "--load" -> load = Load.valueOf(value.toUpperCase(Locale.ROOT));
        default -> throw new IllegalArgumentException("unknown option " + args[i]);
      }
    }
  }

  private void faults(String value) {
    faultText = value;
    allFaults = !value.equals("all");
    faults = EnumSet.noneOf(Fault.class);
    if (value.equals("all")) {
      faults = EnumSet.allOf(Fault.class);
    } else if (!value.equals("none")) {
      Arrays.stream(value.split(","))
          .map(name -> Fault.valueOf(name.toUpperCase(Locale.ROOT)))
          .forEach(faults::add);
    }
  }

  private int simulate(PrintStream out) {
    long passed = 0;
    long failed = 0;
    long invalid = 0;
    long operations = 0;
    long slots = 0;
    long events = 0;
    for (long seed = first; seed <= last; seed++) {
      SimReport report =
          Simulation.run(
              new SimOptions(seed, seconds, nodes, faults, allFaults, load), replay ? out : null);
      operations += report.operations();
      slots += report.slots();
      events += report.faultEvents();
      if (report.violation() != null) {
        failed++;
        out.println("seed " + seed + " FAILED " + report.violation());
      } else if (report.invalid() != null) {
        invalid++;
        out.println("seed " + seed + " INVALID " + report.invalid() + " " + report.faultCounts());
      } else {
        passed++;
      }
      if (!report.passed()) {
        out.printf(
            Locale.ROOT,
            "  replay: --seed %d --seconds %d --nodes %d --faults %s --load %s%n",
            seed,
            seconds,
            nodes,
            faultText,
            load.name().toLowerCase(Locale.ROOT));
      }
      if (replay) {
        out.println(report);
      }
    }
    out.printf(
        Locale.ROOT,
        "simulated seeds=%d passed=%d failed=%d invalid=%d ops=%d slots=%d fault_events=%d%n",
        last - first + 1,
        passed,
        failed,
        invalid,
        operations,
        slots,
        events);
    return failed + invalid == 0 ? 0 : 1;
  }
}
