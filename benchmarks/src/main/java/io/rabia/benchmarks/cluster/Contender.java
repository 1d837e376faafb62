package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.port.NodeArguments;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A system that is compared: how its members and its load are started. */
enum Contender {
  RABIA("io.rabia.kvstore.server.cli.RabiaKv", List.of()),
  JRAFT("io.rabia.benchmarks.jraft.JraftNode", List.of()),
  AERON(
      "io.rabia.benchmarks.aeron.AeronNode",
      List.of(
          "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
          "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
          "-Dagrona.disable.bounds.checks=true")),
  RATIS("io.rabia.benchmarks.ratis.RatisNode", List.of());

  private final String nodeClass;
  private final List<String> flags;

  Contender(String nodeClass, List<String> flags) {
    this.nodeClass = nodeClass;
    this.flags = flags;
  }

  String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  boolean isPeer() {
    return this != RABIA;
  }

  /** Its own jars and nothing of anybody else's. */
  String classPath(Path peers) {
    return isPeer() ? peers.resolve(id()) + "/*" : ownClassPath();
  }

  private static String ownClassPath() {
    return System.getProperty("java.class.path");
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
    return this == AERON ? classPath(peers) : ownClassPath();
  }

  /** Flags, class and arguments of the process that makes the load. */
  List<String> load(String addresses, Path memory) {
    List<String> command = flags(memory.resolve("load"));
    switch (this) {
      case AERON -> command.add("io.rabia.benchmarks.aeron.AeronLoad");
      case RABIA -> command.addAll(List.of(LoadMain.class.getName(), "rabia"));
      default -> command.addAll(List.of(LoadMain.class.getName(), "port"));
    }
    command.add(addresses);
    return command;
  }
}
