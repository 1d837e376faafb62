package io.rabia.examples;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Lists the examples, or runs the one that is named; the exit code is not 0 when it did not work.
 */
public final class Examples {

  /** A program that returns normally when everything that it shows was true. */
  @FunctionalInterface
  interface Example {
    void run() throws Exception;
  }

  private record Entry(String what, Example example) {}

  private static Map<String, Entry> all() {
    Map<String, Entry> examples = new TreeMap<>();
    examples.put(
        "quick-start",
        new Entry(
            "three replicas over TCP: write, read, kill one under load, restart it",
            () -> new QuickStart(System.out, Duration.ofSeconds(3)).run()));
    examples.put(
        "custom-state-machine",
        new Entry(
            "a state machine of one's own, served to remote clients while a server dies",
            () -> new CustomStateMachine(System.out).run()));
    examples.put(
        "leader-election",
        new Entry(
            "three processes elect a leader, which is killed and followed",
            Examples::leaderElection));
    return examples;
  }

  private static void leaderElection() throws Exception {
    LeaderElection example = new LeaderElection(System.out, Duration.ofMillis(200));
    try (example) {
      example.run();
    }
  }

  private Examples() {}

  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  static int run(String... arguments) {
    Map<String, Entry> examples = all();
    Entry entry = arguments.length == 1 ? examples.get(arguments[0]) : null;
    if (entry == null) {
      examples.forEach((name, e) -> System.out.printf(Locale.ROOT, "%-20s %s%n", name, e.what()));
      return arguments.length == 0 ? 0 : 2;
    }
    try {
      entry.example().run();
      return 0;
    } catch (Exception e) {
      System.out.println("It did not work: " + e);
      return 1;
    }
  }
}
