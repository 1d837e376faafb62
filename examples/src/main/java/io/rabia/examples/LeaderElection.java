package io.rabia.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Three processes elect a leader; it is killed with its process, another takes over, and the killed
 * one comes back and follows. The leader writes its term into a register of the key-value store on
 * the same log, with its token. The nodes have folders of their own, which are deleted in the end.
 */
final class LeaderElection implements AutoCloseable {
  private static final int NODES = 3;
  private static final String LEADING = "LEADING term=";

  private final PrintStream out;
  private final Duration heartbeat;
  private final Path directory;
  private final String members;
  private final Map<Integer, Process> processes = new TreeMap<>();
  private final Map<Integer, List<List<String>>> lives = new TreeMap<>();
  private final Set<Integer> killed = new HashSet<>();
  private final Thread hook = new Thread(this::killAll);

  /** Who led in which term when it was looked at. */
  record Leading(int id, long term) {}

  LeaderElection(PrintStream out, Duration heartbeat) throws IOException {
    this.out = out;
    this.heartbeat = heartbeat;
    directory = Files.createTempDirectory("rabia-leader");
    members = LocalCluster.members(NODES);
    Runtime.getRuntime().addShutdownHook(hook);
  }

  void run() throws IOException, TimeoutException {
    for (int id = 1; id <= NODES; id++) {
      start(id);
    }
    Leading first = awaitWriter(0);
    out.printf(Locale.ROOT, "Process %d leads, in term %d.%n", first.id(), first.term());
    long begun = System.nanoTime();
    kill(first.id());
    Leading second = awaitLeader(first.term());
    long took = (System.nanoTime() - begun) / 1_000_000;
    out.printf(
        Locale.ROOT,
        "Process %d was killed; %d leads after %d ms, in term %d.%n",
        first.id(),
        second.id(),
        took,
        second.term());
    awaitWriter(first.term());
    start(first.id());
    await("the killed process hears who leads", () -> hearsWhoLeads(first.id()));
    await("its token is refused", () -> has(first.id(), "OLD_TOKEN refused"));
    out.printf(
        Locale.ROOT, "Process %d is back and follows; its old token is refused.%n", first.id());
    requireOrder();
    out.println("The terms in the register never went back.");
    if (took > LeaderNode.config(heartbeat).electionTimeout().toMillis()) {
      throw new IllegalStateException("the next leader came too late: after " + took + " ms");
    }
  }

  /** Another one may lead meanwhile than before. */
  private boolean hearsWhoLeads(int id) {
    return leading().stream()
        .anyMatch(l -> has(id, "ELECTED node-" + l.id() + " term=" + l.term()));
  }

  void start(int id) throws IOException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath,
                LeaderNode.class.getName(),
                Integer.toString(id),
                members,
                directory.resolve("node-" + id).toString(),
                Long.toString(heartbeat.toMillis())));
    lastTerm(id).ifPresent(term -> command.add(Long.toString(term)));
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(log(id).toFile()))
            .start();
    List<String> heard = new CopyOnWriteArrayList<>();
    processes.put(id, process);
    killed.remove(id);
    lives.computeIfAbsent(id, i -> new ArrayList<>()).add(heard);
    Thread reader = new Thread(() -> read(process, heard), "example-node-" + id);
    reader.setDaemon(true);
    reader.start();
  }

  private Path log(int id) {
    return directory.resolve("log-" + id);
  }

  /** In which this or an earlier life of the process led. */
  private OptionalLong lastTerm(int id) {
    return lives.getOrDefault(id, List.of()).stream()
        .flatMap(life -> terms(life).stream())
        .mapToLong(term -> term)
        .max();
  }

  /** In which that life of a process led, in order. */
  static List<Long> terms(List<String> life) {
    return life.stream()
        .filter(line -> line.startsWith(LEADING))
        .map(line -> Long.valueOf(line.substring(LEADING.length())))
        .toList();
  }

  private static void read(Process process, List<String> heard) {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        heard.add(line);
      }
    } catch (IOException e) {
      heard.add("END " + e.getMessage());
    }
  }

  /** As {@code kill -9}. */
  void kill(int id) {
    Process process = processes.get(id);
    killed.add(id);
    process.destroyForcibly();
    process.onExit().join();
  }

  long pid(int id) {
    return processes.get(id).pid();
  }

  /** What this life of the process has printed. */
  List<String> lines(int id) {
    List<List<String>> all = lives.get(id);
    return all.get(all.size() - 1);
  }

  /** What each life of the process has printed. */
  List<List<String>> lives(int id) {
    return lives.get(id);
  }

  private boolean has(int id, String line) {
    return lines(id).contains(line);
  }

  /** The processes that lead now, as they say. */
  List<Leading> leading() {
    return processes.keySet().stream()
        .map(id -> new Leading(id, term(id)))
        .filter(leading -> leading.term() > 0)
        .toList();
  }

  /** The term in which the process leads, 0 when it does not. */
  long term(int id) {
    if (!processes.get(id).isAlive()) {
      return 0;
    }
    long term = 0;
    for (String line : lines(id)) {
      if (line.startsWith(LEADING)) {
        term = Long.parseLong(line.substring(LEADING.length()));
      } else if (line.equals("FOLLOWING")) {
        term = 0;
      }
    }
    return term;
  }

  /** Waits for a process that leads in a term above this one. */
  Leading awaitLeader(long above) throws TimeoutException {
    return await("a process leads in a term above " + above, leading -> leading.term() > above);
  }

  /** The same, and it has written its term. */
  Leading awaitWriter(long above) throws TimeoutException {
    return await(
        "a process leads and writes in a term above " + above,
        leading -> leading.term() > above && has(leading.id(), "REGISTER " + leading.term()));
  }

  Leading await(String what, Predicate<Leading> condition) throws TimeoutException {
    List<Leading> found = new ArrayList<>();
    await(
        what,
        () -> {
          found.clear();
          leading().stream().filter(condition).forEach(found::add);
          return !found.isEmpty();
        });
    return found.get(0);
  }

  /** Fails at once when a process has died that was not killed. */
  void await(String what, BooleanSupplier condition) throws TimeoutException {
    LocalCluster.await(
        what,
        () -> {
          requireAlive();
          return condition.getAsBoolean();
        });
  }

  private void requireAlive() {
    for (Map.Entry<Integer, Process> entry : processes.entrySet()) {
      int id = entry.getKey();
      if (!killed.contains(id) && !entry.getValue().isAlive()) {
        throw new IllegalStateException(
            "process " + id + " has died: " + lines(id) + "\n" + tail(log(id)));
      }
    }
  }

  private static String tail(Path log) {
    try {
      List<String> all = Files.readAllLines(log);
      return String.join("\n", all.subList(Math.max(0, all.size() - 50), all.size()));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /**
   * Over all lives: the register never went back, and no token of a term that was over was good.
   */
  void requireOrder() {
    lives.forEach(
        (id, all) -> {
          for (List<String> life : all) {
            if (life.stream()
                .anyMatch(
                    line -> line.startsWith("DISORDER") || line.equals("OLD_TOKEN written"))) {
              throw new IllegalStateException("process " + id + " saw a term go back: " + life);
            }
          }
        });
  }

  private void killAll() {
    processes.values().forEach(Process::destroyForcibly);
  }

  @Override
  public void close() {
    killAll();
    processes.values().forEach(process -> process.onExit().join());
    Runtime.getRuntime().removeShutdownHook(hook);
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
