package io.rabia.testing.sim;

import io.rabia.testing.mutant.SourceMutant;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** The simulator's command line. */
public final class RabiaSim {
  private static final String USAGE =
      """
      usage: rabia-sim [--seeds A..B | --seed N] [--seconds S] [--nodes N]
                       [--faults all|none|NAME,...] [--load light|steady]
                       [--distances drawn|near|one-far] [--diagram FILE] [--slot S]
             rabia-sim --campaign S1|S2|S3|S4|S5|S6|S7|S8|S9|S10|S11|S12|S13|S14|S15|DISKS
                       [--seeds A..B | --seed N] [--seconds S]
             rabia-sim --mutants
             rabia-sim --mutant K ARGUMENTS

      --seeds    simulates each of them; 1..200 if not said
      --seed     simulates one and prints what happens; a broken promise with its slot's story
      --seconds  virtual time with faults, 60 if not said
      --nodes    1 to 7, 3 if not said
      --faults   all draws one to four by seed; names have all of these in every run
      --diagram  with --seed: draws the slot of the broken promise into this SVG file
      --slot     with --seed: tells, and draws, this slot
      --campaign faults, nodes and load by seed as that row of the list of what must be survived wants;
                 S14 is --mutants
      --distances  of the members by seed, 0.1 ms, or 1 ms to the last one
      --mutants  plants known bugs and finds each of them, by seeds that find nothing without it
      --mutant   plants the one with this number and simulates the arguments
      """;

  private long first = 1;
  private long last = 200;
  private int seconds = 60;
  private int nodes = 3;
  private boolean replay;
  private @Nullable NamedCampaign campaign;
  private String faults = "all";
  private Load load = Load.LIGHT;
  private long slot = Violations.NO_SLOT;
  private @Nullable Path diagram;
  private Distances distances = Distances.DRAWN;

  private RabiaSim() {}

  /** Exit code 0 if all runs passed, 1 if one failed or was invalid, 2 for a wrong command line. */
  public static void main(String[] args) {
    // What simulated nodes log has no reader here; without this, SLF4J warns that it is dropped.
    System.setProperty("slf4j.internal.verbosity", "ERROR");
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.exit(run(args, out, System.err));
  }

  /**
   * Does what the arguments say.
   *
   * @param progress where long work says now and then how far it is
   * @return the exit code
   */
  public static int run(String[] args, PrintStream out, PrintStream progress) {
    try {
      if (args.length > 0 && args[0].equals("--mutants")) {
        return new MutantHunt().run(out, progress) ? 0 : 1;
      }
      if (args.length > 1 && args[0].equals("--mutant")) {
        return planted(Integer.parseInt(args[1]), tail(args, 2), out, progress);
      }
      RabiaSim sim = new RabiaSim();
      sim.parse(args);
      if (sim.campaign == NamedCampaign.S14) {
        return new MutantHunt().run(out, progress) ? 0 : 1;
      }
      return sim.simulate(out, progress) ? 0 : 1;
    } catch (IllegalArgumentException e) {
      out.println(e.getMessage());
      out.print(USAGE);
      return 2;
    }
  }

  private static String[] tail(String[] args, int from) {
    return Arrays.copyOfRange(args, from, args.length);
  }

  private static int planted(int number, String[] args, PrintStream out, PrintStream progress) {
    List<SourceMutant> mutants = SimMutants.all();
    if (number < 1 || number > mutants.size()) {
      throw new IllegalArgumentException("mutants are numbered from 1 to " + mutants.size());
    }
    SourceMutant mutant = mutants.get(number - 1);
    out.println("mutant " + number + ": " + mutant.name());
    try {
      return (int)
          mutant
              .load(RabiaSim.class)
              .getMethod("run", String[].class, PrintStream.class, PrintStream.class)
              .invoke(null, args, out, progress);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private void parse(String[] args) {
    for (int i = 0; i < args.length; i += 2) {
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
        case "--faults" -> faults = value;
        case "--slot" -> slot = Long.parseLong(value);
        case "--diagram" -> diagram = Path.of(value);
        case "--campaign" -> campaign = NamedCampaign.valueOf(value.toUpperCase(Locale.ROOT));
        case "--load" -> load = Load.valueOf(value.toUpperCase(Locale.ROOT));
        case "--distances" ->
            distances = Distances.valueOf(value.toUpperCase(Locale.ROOT).replace('-', '_'));
        default -> throw new IllegalArgumentException("unknown option " + args[i]);
      }
    }
    if (!replay && (diagram != null || slot != Violations.NO_SLOT)) {
      throw new IllegalArgumentException("--diagram and --slot need --seed");
    }
    if (last < first) {
      throw new IllegalArgumentException("no seeds from " + first + " to " + last);
    }
  }

  private Set<Fault> faults() {
    if (faults.equals("all")) {
      return Fault.drawn(nodes);
    }
    Set<Fault> named = EnumSet.noneOf(Fault.class);
    if (!faults.equals("none")) {
      Arrays.stream(faults.split(","))
          .map(name -> Fault.valueOf(name.toUpperCase(Locale.ROOT)))
          .forEach(named::add);
    }
    return named;
  }

  private boolean simulate(PrintStream out, PrintStream progress) {
    LongFunction<SimOptions> options = options();
    return replay
        ? replay(options.apply(first), out)
        : new Campaign(first, last, drawnByMany(), out, progress).run(options);
  }

  private Set<Fault> drawnByMany() {
    return campaign == null && faults.equals("all") ? faults() : EnumSet.noneOf(Fault.class);
  }

  private LongFunction<SimOptions> options() {
    NamedCampaign named = campaign;
    if (named != null) {
      return seed -> named.options(seed, seconds);
    }
    boolean every = !faults.equals("all");
    return new SimOptions(first, seconds, nodes, faults(), every, load, distances)::withSeed;
  }

  private boolean replay(SimOptions one, PrintStream out) {
    SimReport report = Simulation.run(one, out);
    tellSlot(report, out);
    out.println(report.verdict());
    out.println("  " + report.figures());
    out.println("  replay: " + one.arguments());
    return report.passed();
  }

  /** The slot that was asked for, or in which a promise was broken. */
  private void tellSlot(SimReport report, PrintStream out) {
    long told = slot == Violations.NO_SLOT ? report.violationSlot() : slot;
    if (told == Violations.NO_SLOT) {
      if (diagram != null) {
        out.println("# no slot to draw; choose one with --slot");
      }
      return;
    }
    SlotStory story = Simulation.story(report.options(), told);
    out.print(story.text());
    if (diagram != null) {
      try {
        String title = report.options().arguments();
        Files.writeString(diagram, Diagram.of(story, title, report.verdict()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      out.println("# slot " + told + " is drawn in " + diagram);
    }
  }
}
