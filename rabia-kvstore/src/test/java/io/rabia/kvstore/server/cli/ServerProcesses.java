package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rabia.kvstore.FreePorts;
import io.rabia.kvstore.server.KvServer;
import io.rabia.network.client.ClientConfig;
import io.rabia.network.client.ClientCore;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The servers of one cluster, each a process of its own on the loopback, and the command line that
 * talks to them. What was started here is ended with {@link #close}, or with this virtual machine,
 * by its process id; where there is {@code setpriv}, however this virtual machine ends. One thread,
 * which must live for as long as the servers.
 */
final class ServerProcesses implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");
  private static final List<String> PORTS = List.of("peer", "client", "redis", "http");

  private final Path directory;
  private final String durability;
  private final Links links;
  private final List<Map<String, Integer>> ports = new ArrayList<>();
  private final Map<Integer, Process> processes = new TreeMap<>();
  private final List<Process> started = new CopyOnWriteArrayList<>();
  private String initial = "new";
  private List<Integer> told = List.of();
  private List<String> moreFlags = List.of();
  private @Nullable List<String> machineFlags;
  private final Thread hook = new Thread(this::killAll);
  private final HttpClient http = HttpClient.newHttpClient();
  private ClientCore core;

  /** What a command printed. */
  record Output(int code, String out, String err) {
    /** The value in the first line that begins so. */
    String field(String line, String name) {
      return words(out.lines().filter(l -> l.startsWith(line)).findFirst().orElseThrow()).get(name);
    }

    double number(String line, String name) {
      return Double.parseDouble(field(line, name));
    }
  }

  ServerProcesses(Path directory, int members, String durability) {
    this(directory, members, durability, new Links() {});
  }

  /**
   * @param links closed with the servers
   */
  ServerProcesses(Path directory, int members, String durability, Links links) {
    this.directory = directory;
    this.durability = durability;
    this.links = links;
    for (int i = 0; i < members; i++) {
      Map<String, Integer> own = new HashMap<>();
      PORTS.forEach(name -> own.put(name, FreePorts.next()));
      ports.add(own);
    }
    core = ClientCore.connect(servers(), ClientConfig.defaults());
    Runtime.getRuntime().addShutdownHook(hook);
  }

  // ---- servers

  List<Integer> all() {
    return IntStream.rangeClosed(1, ports.size()).boxed().toList();
  }

  List<Integer> running() {
    return processes.entrySet().stream()
        .filter(entry -> entry.getValue().isAlive())
        .map(Map.Entry::getKey)
        .toList();
  }

  int port(int id, String name) {
    return ports.get(id - 1).get(name);
  }

  String address(int id, String name) {
    return links.host(id) + ":" + port(id, name);
  }

  Path data(int id) {
    return directory.resolve("data-" + id);
  }

  /** Flags for the servers to come, beside those that all have. */
  ServerProcesses with(String... flags) {
    moreFlags = List.of(flags);
    return this;
  }

  /** The disk of a member that does not run is lost. */
  void wipe(int id) {
    File[] files = data(id).toFile().listFiles();
    for (File file : files == null ? new File[0] : files) {
      if (!file.delete()) {
        throw new IllegalStateException("cannot delete " + file);
      }
    }
  }

  /** A member as the command line names it. */
  String member(int id) {
    return id + "=" + address(id, "peer");
  }

  /** Whom the servers to come are told of; else all. */
  ServerProcesses told(Collection<Integer> ids) {
    told = List.copyOf(ids);
    return this;
  }

  /** The flags with which a member is started. */
  List<String> flags(int id) {
    String members =
        (told.isEmpty() ? all() : told)
            .stream()
                .map(member -> member + "=" + links.route(id, member, address(member, "peer")))
                .collect(Collectors.joining(","));
    List<String> flags = new ArrayList<>(moreFlags);
    Collections.addAll(
        flags,
        "--id=" + id,
        "--members=" + members,
        "--cluster=test",
        "--initial=" + initial,
        "--client=" + address(id, "client"),
        "--redis=" + address(id, "redis"),
        "--http=" + address(id, "http"),
        "--data=" + data(id),
        "--durability=" + durability);
    return flags;
  }

  /** Starts members and waits until all of them are there, with or without a quorum. */
  void start(Collection<Integer> ids) {
    launch(ids);
    awaitReady(ids);
  }

  /**
   * Starts a server that is no member yet and knows this one; returns when it lacks only a vote.
   */
  void join(int id, int known) {
    told(List.of(known, id)).start(List.of(id));
    awaitStatus(id, "reason", "learner");
    awaitCaughtUpTo(id, known);
  }

  /** Starts members. */
  void launch(Collection<Integer> ids) {
    for (int id : ids) {
      launch(id, links.command(id));
    }
  }

  /** As {@link #launch}, and it takes only what the others leave of this machine's processors. */
  void launchAside(int id) {
    launch(id, List.of("nice", "-n", "10"));
  }

  private void launch(int id, List<String> before) {
    assertThat(running()).doesNotContain(id);
    processes.put(id, java(before, "server-" + id, RabiaKv.class, "server", flags(id)));
  }

  /** Waits until members that were launched are there, with or without a quorum. */
  void awaitReady(Collection<Integer> ids) {
    for (int id : ids) {
      Process process = processes.get(id);
      await("READY of " + id)
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(5))
          .failFast(() -> assertThat(process.isAlive()).as(errors(id)).isTrue())
          .until(() -> printed(id).endsWith(System.lineSeparator()));
      assertThat(printed(id))
          .isEqualToIgnoringNewLines(
              "READY id="
                  + id
                  + Stream.of("client", "redis", "http")
                      .map(name -> " " + name + "=" + address(id, name))
                      .collect(Collectors.joining()));
    }
  }

  ServerProcesses startAll() {
    start(all());
    awaitServing(all());
    return this;
  }

  private String printed(int id) {
    return text("server-" + id + ".out");
  }

  /** What a server has written to its standard error in all its lives. */
  String errors(int id) {
    return text("server-" + id + ".err");
  }

  /** What every server that runs says of itself, and has said; for people. */
  String told() {
    StringBuilder told = new StringBuilder();
    for (int id : running()) {
      told.append("\nserver " + id + ": " + status(id) + "\n" + errors(id));
    }
    return told.toString();
  }

  String text(String file) {
    try {
      return Files.readString(directory.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the servers to come are told about an empty directory. */
  void initial(String value) {
    initial = value;
  }

  /**
   * Flags for the virtual machines of the servers to come, in place of what starts them quickly.
   */
  ServerProcesses virtualMachine(String... flags) {
    machineFlags = List.of(flags);
    return this;
  }

  /** A process of this machine's Java; its output goes to {@code name.out} and .err. */
  Process java(String name, Class<?> main, String command, List<String> arguments) {
    return java(List.of(), name, main, command, arguments);
  }

  /**
   * @param before what its command line begins with
   */
  Process java(
      List<String> before, String name, Class<?> main, String command, List<String> arguments) {
    List<String> line = new ArrayList<>(before);
    if (Files.isExecutable(SETPRIV)) {
      line.addAll(List.of(SETPRIV.toString(), "--pdeathsig", "KILL"));
    }
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.add("-Dio.netty.leakDetection.level=simple");
    line.addAll(machineFlags == null ? SharedClasses.quickStart() : machineFlags);
    line.addAll(List.of("-cp", SharedClasses.CLASS_PATH, main.getName(), command));
    line.addAll(arguments);
    File out = directory.resolve(name + ".out").toFile();
    File err = directory.resolve(name + ".err").toFile();
    try {
      Process process =
          new ProcessBuilder(line)
              .redirectOutput(out)
              .redirectError(ProcessBuilder.Redirect.appendTo(err))
              .start();
      started.add(process);
      return process;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** kill -9; returns when they are gone. */
  void kill(Collection<Integer> ids) {
    ids.forEach(id -> processes.get(id).destroyForcibly());
    ids.forEach(id -> processes.get(id).onExit().join());
  }

  void kill(int id) {
    kill(List.of(id));
  }

  private void killAll() {
    started.forEach(Process::destroyForcibly);
    links.close();
  }

  /** How many of its files and sockets, and how many threads, the system counts. */
  int count(int id, String what) {
    String[] entries = new File("/proc/" + processes.get(id).pid() + "/" + what).list();
    return entries == null ? 0 : entries.length;
  }

  long pid(int id) {
    return processes.get(id).pid();
  }

  /** SIGSTOP. */
  void freeze(int id) {
    signal(id, "STOP");
  }

  /** SIGCONT. */
  void thaw(int id) {
    signal(id, "CONT");
  }

  private void signal(int id, String name) {
    signal(processes.get(id), name);
  }

  static void signal(Process process, String name) {
    try {
      Process kill = new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid()).start();
      assertThat(kill.onExit().join().exitValue()).isZero();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The exit code of one that ends by itself. */
  int ended(int id) {
    Process process = processes.get(id);
    awaitSoon("the end of " + id).until(() -> !process.isAlive());
    return process.exitValue();
  }

  /** SIGTERM; returns the exit code. */
  int terminate(int id, Duration within) throws InterruptedException {
    Process process = processes.get(id);
    process.destroy();
    assertThat(process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
    return process.exitValue();
  }

  // ---- clients

  /** The client addresses of all members. */
  String servers() {
    return servers(all());
  }

  String servers(Collection<Integer> ids) {
    return ids.stream().map(id -> address(id, "client")).collect(Collectors.joining(","));
  }

  /** Runs the command line in this process, with the servers if the arguments name none. */
  Output run(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    if (!all.contains("--servers")) {
      all.addAll(List.of("--servers", servers()));
    }
    return command(all);
  }

  /** Runs the command line in this process. */
  static Output command(List<String> arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        RabiaKv.run(
            KvServer::startEngine,
            new PrintWriter(out),
            new PrintWriter(err),
            arguments.toArray(String[]::new));
    return new Output(code, out.toString(), err.toString());
  }

  /** A counter of what the connections to other members have seen. */
  long peers(int id, String counter) {
    return pageNumber(id, "\"peers\":\\{[^}]*\"" + counter + "\"");
  }

  /** Bytes of what a member stores. */
  long storedBytes(int id) {
    return pageNumber(id, "\"memoryBytes\"");
  }

  private long pageNumber(int id, String before) {
    try {
      URI status = URI.create("http://" + address(id, "http") + "/status");
      HttpRequest request = HttpRequest.newBuilder(status).timeout(Duration.ofSeconds(5)).build();
      String page = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
      return Long.parseLong(page.replaceAll(".*" + before + ":(\\d+).*\\R", "$1"));
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** From now on the servers are of another cluster than before. */
  void anotherCluster() {
    core.close();
    core = ClientCore.connect(servers(), ClientConfig.defaults());
  }

  /** The fields of a member's status; empty when it gives none. */
  Map<String, String> status(int id) {
    CompletableFuture<String> line = new CompletableFuture<>();
    core.status(
        id - 1,
        Duration.ofSeconds(2),
        (text, failure) ->
            line.complete(text == null ? "" : new String(text, StandardCharsets.UTF_8)));
    return words(line.join());
  }

  long number(int id, String field) {
    return Long.parseLong(status(id).getOrDefault(field, "-1"));
  }

  private static Map<String, String> words(String line) {
    Map<String, String> fields = new HashMap<>();
    for (String word : line.strip().split(" ", -1)) {
      String[] parts = word.split("=", 2);
      fields.put(parts[0], parts.length == 1 ? "" : parts[1]);
    }
    return fields;
  }

  void awaitServing(Collection<Integer> ids) {
    ids.forEach(id -> awaitStatus(id, "state", "SERVING"));
  }

  void awaitStatus(int id, String field, String value) {
    awaitSoon(field + "=" + value + " of " + id).until(() -> value.equals(status(id).get(field)));
  }

  /** The member has decided so many slots more than now. */
  void awaitProgress(int id, long slots) {
    long before = Math.max(0, number(id, "decided"));
    awaitSoon("decided " + (before + slots)).until(() -> number(id, "decided") >= before + slots);
  }

  /** The member decides something at least every half second for so long. */
  void awaitProgressFor(Duration time, int id) {
    long[] decided = {number(id, "decided")};
    awaitSoon("progress all the time")
        .pollInterval(Duration.ofMillis(500))
        .during(time)
        .until(() -> decided[0] < (decided[0] = number(id, "decided")));
  }

  /** Under load: it serves, and has applied what another one had decided when it began to. */
  void awaitCaughtUp(int id, int other) {
    awaitServing(List.of(id));
    awaitCaughtUpTo(id, other);
  }

  /** Under load: it has applied what another one has decided now. */
  void awaitCaughtUpTo(int id, int other) {
    long decided = number(other, "decided");
    awaitSoon("caught up to " + decided).until(() -> number(id, "applied") >= decided);
  }

  /** A wait that looks often. */
  static org.awaitility.core.ConditionFactory awaitSoon(String what) {
    return await(what).atMost(PATIENCE).pollInterval(Duration.ofMillis(20));
  }

  /** All that run hold the same at the same slot, once nothing is written any more. */
  void assertEqual() {
    Output output = awaitSoon("equal slots").until(this::statusAtOneSlot, o -> o.code() == 0);
    Set<String> hashes =
        output.out().lines().map(line -> words(line).get("hash")).collect(Collectors.toSet());
    assertThat(hashes).as(output.out()).hasSize(1).doesNotContainNull();
  }

  /** Fails when some have passed the slot: then something was still being decided. */
  private Output statusAtOneSlot() {
    awaitSoon("the same slot")
        .until(() -> running().stream().map(id -> number(id, "applied")).distinct().count() == 1);
    String slot = status(running().get(0)).get("applied");
    return run("status", "--at", slot, "--servers", servers(running()));
  }

  @Override
  public void close() {
    Runtime.getRuntime().removeShutdownHook(hook);
    core.close();
    killAll();
    started.forEach(process -> process.onExit().join());
    for (int id : processes.keySet()) {
      assertThat(errors(id))
          .as("standard error of server %s", id)
          .doesNotContain("WARNING:", "LEAK:");
    }
  }
}
