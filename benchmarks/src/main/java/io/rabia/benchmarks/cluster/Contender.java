package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.port.NodeArguments;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A system that is compared: how its members and its load are started. */
enum Contender {
  RABIA(
      RabiaNode.class.getName(),
      "",
      "each at its client's server, which asks the others",
      List.of()),
  JRAFT(
      "io.rabia.benchmarks.jraft.JraftNode",
      "jraft-core",
      "all at the leader, ReadIndex",
      List.of()),
  AERON(
      "io.rabia.benchmarks.aeron.AeronNode",
      "aeron-cluster",
      "all through the leader's log: it has no other linearizable read",
      List.of(
          "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
          "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
          "-Dagrona.disable.bounds.checks=true")),
  RATIS(
      "io.rabia.benchmarks.ratis.RatisNode",
      "ratis-server",
      "all at the leader, ReadIndex",
      List.of());

  private final String nodeClass;
  private final String jar;
  private final String reads;
  private final List<String> flags;

  Contender(String nodeClass, String jar, String reads, List<String> flags) {
    this.nodeClass = nodeClass;
    this.jar = jar;
    this.reads = reads;
    this.flags = flags;
  }

  String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  boolean isPeer() {
    return this != RABIA;
  }

  /** Where linearizable reads go. */
  String reads() {
    return reads;
  }

  /** Version of the library, as its jar has it; of this project {@code "this"}. */
  String version(Path peers) {
    if (!isPeer()) {
      return "this";
    }
    List<Path> jars = Installation.files(peers.resolve(id()), jar + "-[0-9]*.jar");
    String names = String.join(",", jars.stream().map(j -> j.getFileName().toString()).toList());
    return names.replace(jar + "-", "").replace(".jar", "");
  }

  /** Its own jars and nothing of anybody else's. */
  String classPath(Path peers) {
    return isPeer()
        ? Installation.ownClasses() + File.pathSeparator + peers.resolve(id()) + "/*"
        : Installation.classPath();
  }

  boolean isAvailable(Path peers) {
    return !isPeer() || Files.isDirectory(peers.resolve(id()));
  }

  /** A peer's guide may ask for flags; Rabia has none. */
  private List<String> flags(Path memory) {
    List<String> all = new ArrayList<>(flags);
    if (this == AERON) {
      all.add("-Daeron.dir=" + memory);
    }
    return all;
  }

  /** Flags, class and arguments of a member's process. */
  List<String> node(NodeArguments node, Path memory) {
    List<String> command = flags(memory.resolve("node-" + node.index()));
    command.add(nodeClass);
    if (isPeer()) {
      command.addAll(node.toList());
      return command;
    }
    StringBuilder members = new StringBuilder();
    for (int i = 0; i < node.members(); i++) {
      members.append(i == 0 ? "" : ",").append(i + 1).append('=');
      members.append(NodeArguments.HOST).append(':').append(node.memberPort(i, 0));
    }
    command.addAll(
        List.of(
            "server",
            "--id",
            String.valueOf(node.index() + 1),
            "--members",
            members.toString(),
            "--cluster",
            "bench",
            "--initial",
            "new",
            "--client",
            NodeArguments.HOST + ":" + node.clientPort(),
            "--data",
            node.directory().toString(),
            "--durability",
            node.fsync() ? "fsync" : "os"));
    return command;
  }

  /** Class path of the process that makes the load. */
  String loadClassPath(Path peers) {
    return this == AERON ? classPath(peers) : Installation.classPath();
  }

  /** Flags, class and arguments of the process that makes the load. */
  List<String> load(String addresses, int connections, Path memory) {
    List<String> command = flags(memory.resolve("load"));
    switch (this) {
      case AERON -> command.add("io.rabia.benchmarks.aeron.AeronLoad");
      case RABIA -> command.addAll(List.of(LoadMain.class.getName(), "rabia"));
      default -> command.addAll(List.of(LoadMain.class.getName(), "port"));
    }
    command.add(addresses);
    command.add(String.valueOf(connections));
    return command;
  }
}
