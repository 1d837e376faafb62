package io.rabia.kvstore.server.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A network namespace for each member, all on one bridge that this process reaches, too. What a
 * member sends to another is lost while its neighbour table sends it to a station that is not
 * there: nobody is told. For root on Linux. One thread.
 */
final class Namespaces implements Links {
  private static final Path MOUNTED = Path.of("/var/run/netns");
  private static final String PREFIX = "rabia-";
  private static final String NOBODY = "02:00:00:00:00:fe";
  private static final AtomicInteger MADE = new AtomicInteger();

  private final long pid = ProcessHandle.current().pid();
  private final int number = MADE.incrementAndGet();
  private final int members;
  private final AtomicBoolean closed = new AtomicBoolean();

  Namespaces(int members) {
    this.members = members;
    removeThoseOfTheDead();
    String bridge = bridge();
    List<String> lines = new ArrayList<>();
    lines.add("link add " + bridge + " type bridge");
    lines.add("addr add " + address(254) + "/24 dev " + bridge);
    lines.add("link set " + bridge + " up");
    for (int id = 1; id <= members; id++) {
      String outside = outside(name(id));
      lines.add("netns add " + name(id));
      lines.add("link add " + outside + " type veth peer name eth0 netns " + name(id));
      lines.add("link set " + outside + " master " + bridge + " up");
    }
    ip("", lines);
    for (int id = 1; id <= members; id++) {
      List<String> inside = new ArrayList<>();
      inside.add("link set lo up");
      inside.add("link set eth0 address " + station(id) + " up");
      inside.add("addr add " + address(id) + "/24 dev eth0");
      ip(name(id), inside);
    }
    heal();
  }

  /** Whether this process may make namespaces. */
  static boolean available() {
    String probe = PREFIX + "probe-" + ProcessHandle.current().pid();
    try {
      ip("", List.of("netns add " + probe, "netns del " + probe));
      return true;
    } catch (RuntimeException notRoot) {
      return false;
    }
  }

  private String bridge() {
    return "rb" + pid + "-" + number;
  }

  private String name(int id) {
    return PREFIX + pid + "-" + number + "-" + id;
  }

  /** The end on the bridge of a namespace's link. */
  private static String outside(String namespace) {
    return "rb" + namespace.substring(PREFIX.length());
  }

  private String address(int station) {
    return "10." + (64 + pid % 128) + "." + number + "." + station;
  }

  private static String station(int id) {
    return String.format(Locale.ROOT, "02:00:00:00:01:%02x", id);
  }

  @Override
  public String host(int id) {
    return address(id);
  }

  @Override
  public List<String> command(int id) {
    return List.of("ip", "netns", "exec", name(id));
  }

  /** Loses what a member sends to others from now on. */
  void lose(int from, int... to) {
    List<String> lines = new ArrayList<>();
    for (int other : to) {
      lines.add(neighbour(other, NOBODY));
    }
    ip(name(from), lines);
  }

  /** Cuts a member off from others, both ways. */
  void cut(int id, int... others) {
    lose(id, others);
    for (int other : others) {
      lose(other, id);
    }
  }

  /** Everything arrives again. */
  void heal() {
    for (int id = 1; id <= members; id++) {
      List<String> lines = new ArrayList<>();
      for (int other = 1; other <= members; other++) {
        if (other != id) {
          lines.add(neighbour(other, station(other)));
        }
      }
      ip(name(id), lines);
    }
  }

  private String neighbour(int id, String station) {
    return "neigh replace " + address(id) + " lladdr " + station + " dev eth0 nud permanent";
  }

  private static void ip(String namespace, List<String> lines) {
    List<String> command = new ArrayList<>(List.of("ip"));
    if (!namespace.isEmpty()) {
      command.addAll(List.of("-n", namespace));
    }
    command.addAll(List.of("-force", "-batch", "-"));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process
          .getOutputStream()
          .write((String.join("\n", lines) + "\n").getBytes(StandardCharsets.US_ASCII));
      process.getOutputStream().close();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IllegalStateException(command + ": " + out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What tests left that were killed. */
  private static void removeThoseOfTheDead() {
    if (!Files.isDirectory(MOUNTED)) {
      return;
    }
    try (Stream<Path> names = Files.list(MOUNTED)) {
      for (Path path : names.toList()) {
        String[] parts = path.getFileName().toString().split("-", -1);
        if (parts.length == 4
            && PREFIX.startsWith(parts[0])
            && ProcessHandle.of(Long.parseLong(parts[1])).isEmpty()) {
          remove(List.of(path.getFileName().toString()), "rb" + parts[1] + "-" + parts[2]);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    List<String> names = new ArrayList<>();
    for (int id = 1; id <= members; id++) {
      names.add(name(id));
    }
    remove(names, bridge());
  }

  private static void remove(List<String> namespaces, String bridge) {
    List<String> lines = new ArrayList<>();
    for (String name : namespaces) {
      // The system keeps a namespace, and its link, while a connection in it waits for an end.
      lines.add("link del " + outside(name));
      lines.add("netns del " + name);
    }
    lines.add("link del " + bridge);
    try {
      ip("", lines);
    } catch (IllegalStateException goneAlready) {
      // by another test that cleans up behind the same dead one
    }
  }
}
