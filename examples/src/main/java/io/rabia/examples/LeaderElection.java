package io.rabia.examples;

import java.io.BufferedReader;
import java.io.File;
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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * Three processes elect a leader; it is killed with its process, another takes over, and the killed
 * one comes back and follows. The leader writes its term into a register of the key-value store on
 * the same log, with its token. The nodes have folders of their own, which are deleted in the end.
 */
final class LeaderElection implements AutoCloseable {
  private static final int NODES = 3;

  private final PrintStream out;
  private final Duration heartbeat;
  private final Path directory;
  private final String members;
  private final Map<Integer, Process> processes = new TreeMap<>();
  private final Map<Integer, List<String>> lines = new TreeMap<>();
  private final Thread hook = new Thread(this::killAll);

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
    int first = awaitLeader(0);
    long term = term(first);
    out.printf(Locale.ROOT, "Process %d leads, in term %d.%n", first, term);
    awaitRegister(first, term);
    long killed = System.nanoTime();
    kill(first);
    int second = awaitLeader(term);
    long took = (System.nanoTime() - killed) / 1_000_000;
    out.printf(
        Locale.ROOT,
        "Process %d was killed; %d leads after %d ms, in term %d.%n",
        first,
        second,
        took,
        term(second));
    awaitRegister(second, term(second));
    start(first);
    LocalCluster.await(
        "the killed process hears who leads",
        () -> has(first, "ELECTED node-" + second + " term=" + term(second)));
    out.printf(Locale.ROOT, "Process %d is back and follows.%n", first);
    requireOrder();
    out.println("The terms in the register never went back.");
    if (took > LeaderNode.config(heartbeat).electionTimeout().toMillis()) {
      throw new IllegalStateException("the next leader came too late: after " + took + " ms");
    }
  }

  void start(int id) throws IOException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            classPath,
            LeaderNode.class.getName(),
            Integer.toString(id),
            members,
            directory.resolve("node-" + id).toString(),
            Long.toString(heartbeat.toMillis()));
    Process process =
        new ProcessBuilder(command)
            .redirectError(
                ProcessBuilder.Redirect.appendTo(new File(directory.toFile(), "log-" + id)))
            .start();
    List<String> heard = new CopyOnWriteArrayList<>();
    processes.put(id, process);
    lines.put(id, heard);
    Thread reader = new Thread(() -> read(process, heard), "example-node-" + id);
    reader.setDaemon(true);
    reader.start();
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
    process.destroyForcibly();
    process.onExit().join();
  }

  long pid(int id) {
    return processes.get(id).pid();
  }

  /** What this life of the process has printed. */
  List<String> lines(int id) {
    return lines.get(id);
  }

  private boolean has(int id, String line) {
    return lines(id).contains(line);
  }

  /** The term in which the process leads, 0 when it does not. */
  long term(int id) {
    if (!processes.get(id).isAlive()) {
      return 0;
    }
    long term = 0;
    for (String line : lines(id)) {
      if (line.startsWith("LEADING term=")) {
        term = Long.parseLong(line.substring("LEADING term=".length()));
      } else if (line.equals("FOLLOWING")) {
        term = 0;
      }
    }
    return term;
  }

  /** Waits for a process that leads in a term above this one. */
  int awaitLeader(long above) throws TimeoutException {
    List<Integer> found = new ArrayList<>();
    LocalCluster.await(
        "a process leads in a term above " + above,
        () -> {
          found.clear();
          processes.keySet().stream().filter(id -> term(id) > above).forEach(found::add);
          return !found.isEmpty();
        });
    return found.get(0);
  }

  /** The term arrives in the register. */
  void awaitRegister(int id, long term) throws TimeoutException {
    LocalCluster.await("term " + term + " is written", () -> has(id, "REGISTER " + term));
  }

  void requireOrder() {
    lines.forEach(
        (id, heard) -> {
          if (heard.stream().anyMatch(line -> line.startsWith("DISORDER"))) {
            throw new IllegalStateException("process " + id + " saw a term go back: " + heard);
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
