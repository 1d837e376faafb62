package io.rabia.testing.sim;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a simulation is made from; equal options give equal runs.
 *
 * @param seconds virtual time with clients and faults, before everything heals
 * @param nodes 1 to 7
 * @param faults those to draw from
 * @param allFaults true for all of {@code faults} in every run, false for one to four of those that
 *     fit, by seed
 * @param load what the clients want
 * @param distances between the members; with any but {@link Distances#DRAWN} logs are durable at
 *     once, so that only the network takes time
 */
public record SimOptions(
    long seed,
    int seconds,
    int nodes,
    Set<Fault> faults,
    boolean allFaults,
    Load load,
    Distances distances) {
  /** With distances by seed. */
  public SimOptions(
      long seed, int seconds, int nodes, Set<Fault> faults, boolean allFaults, Load load) {
    this(seed, seconds, nodes, faults, allFaults, load, Distances.DRAWN);
  }

  public SimOptions {
    faults =
        Collections.unmodifiableSet(
            faults.isEmpty() ? EnumSet.noneOf(Fault.class) : EnumSet.copyOf(faults));
    if (seconds < 1 || nodes < 1 || nodes > 7) {
      throw new IllegalArgumentException("1 or more seconds, 1 to 7 nodes");
    }
    if (!Fault.fitting(nodes).containsAll(faults)) {
      throw new IllegalArgumentException(
          "with so many nodes there is only " + Fault.fitting(nodes));
    }
  }

  SimOptions withSeed(long other) {
    return new SimOptions(other, seconds, nodes, faults, allFaults, load, distances);
  }

  /** The command line that simulates the same. */
  String arguments() {
    String names =
        faults.isEmpty()
            ? "none"
            : faults.stream().map(Fault::name).collect(Collectors.joining(","));
    return "--seed "
        + seed
        + " --seconds "
        + seconds
        + " --nodes "
        + nodes
        + " --faults "
        + (allFaults ? names : "all")
        + " --load "
        + load.name().toLowerCase(Locale.ROOT)
        + (distances == Distances.DRAWN
            ? ""
            : " --distances " + distances.name().toLowerCase(Locale.ROOT).replace('_', '-'));
  }
}
