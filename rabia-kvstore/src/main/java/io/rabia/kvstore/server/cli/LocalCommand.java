package io.rabia.kvstore.server.cli;

import io.rabia.core.RabiaException;
import io.rabia.kvstore.server.KvServer;
import io.rabia.kvstore.server.ServerConfig;
import io.rabia.kvstore.server.Settings;
import io.rabia.network.server.NodeStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs all servers of a cluster in this process, on the loopback, until it is told to stop. */
@Command(
    name = "local",
    description = "Runs a whole cluster in this process, for development: in memory, or in --data.",
    mixinStandardHelpOptions = true,
    versionProvider = RabiaKv.VersionText.class)
final class LocalCommand implements Callable<Integer> {
  private static final String HOST = "127.0.0.1";
  private static final int FIRST_PEER = 17_101;
  private static final Duration SERVING = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(5);

  private final KvServer.NodeStarter starter;
  private final List<KvServer> servers = new ArrayList<>();
  private final Lifetime lifetime = new Lifetime();

  @Option(names = "--nodes", defaultValue = "3", paramLabel = "N", description = "servers")
  private int nodes;

  @Option(
      names = "--client-base",
      defaultValue = "7201",
      paramLabel = "PORT",
      description = "for clients of the first server, the next one's is one more (default 7201)")
  private int clientBase;

  @Option(
      names = "--redis-base",
      defaultValue = "7301",
      paramLabel = "PORT",
      description = "likewise for the Redis protocol (default 7301)")
  private int redisBase;

  @Option(
      names = "--peer-base",
      paramLabel = "PORT",
      description = "likewise for the servers among themselves (default: free ones)")
  private @Nullable Integer peerBase;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "keeps what is stored there, and goes on with it; needs --peer-base")
  private @Nullable Path data;

  @Spec private CommandSpec spec = CommandSpec.create();

  LocalCommand(KvServer.NodeStarter starter) {
    this.starter = starter;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (nodes < 1 || clientBase < 1 || redisBase < 1) {
      throw new ParameterException(spec.commandLine(), "nodes and ports of local are 1 or more");
    }
    if (data != null && peerBase == null) {
      throw new ParameterException(
          spec.commandLine(),
          "--data needs --peer-base: servers look for each other where they were");
    }
    int firstPeer = peerBase == null ? freePeerBase() : peerBase;
    try {
      for (int id = 1; id <= nodes; id++) {
        servers.add(KvServer.start(config(id, firstPeer), starter, lifetime::stopped));
      }
      awaitServing();
    } catch (RuntimeException | InterruptedException e) {
      close();
      throw e;
    }
    throw lifetime.live(spec.commandLine().getOut(), ready(), this::close);
  }

  /** Ports that others use by no rule, apart from the other ports of this cluster. */
  private int freePeerBase() {
    int base = FIRST_PEER;
    while (Math.abs(base - clientBase) < nodes
        || Math.abs(base - redisBase) < nodes
        || !IntStream.range(base, base + nodes).allMatch(LocalCommand::isFree)) {
      base += nodes;
    }
    return base;
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getByName(HOST), port));
      return true;
    } catch (IOException taken) {
      return false;
    }
  }

  private ServerConfig config(int id, int firstPeer) {
    String members =
        IntStream.range(0, nodes)
            .mapToObj(i -> i + 1 + "=" + HOST + ":" + (firstPeer + i))
            .collect(Collectors.joining(","));
    Map<String, String> settings = new HashMap<>();
    settings.put("id", String.valueOf(id));
    settings.put("members", members);
    settings.put("cluster", "local");
    settings.put("initial", "new");
    settings.put("client", address(clientBase, id));
    settings.put("redis", address(redisBase, id));
    if (data == null) {
      settings.put("durability", "memory");
    } else {
      settings.put("data", data.resolve("data-" + id).toString());
    }
    return ServerConfig.of(Settings.load(settings, Map.of(), null));
  }

  private static String address(int base, int id) {
    return HOST + ":" + (base + id - 1);
  }

  private void awaitServing() throws InterruptedException {
    long deadline = System.nanoTime() + SERVING.toNanos();
    for (KvServer server : servers) {
      while (server.status().join().state() != NodeStatus.State.SERVING) {
        if (System.nanoTime() - deadline > 0) {
          throw new RabiaException.Unavailable(
              "not all servers served within " + SERVING.toSeconds() + " s");
        }
        lifetime.pass(POLL);
      }
    }
  }

  private List<String> ready() {
    List<String> lines = new ArrayList<>(servers.stream().map(KvServer::readyLine).toList());
    String addresses =
        IntStream.rangeClosed(1, nodes)
            .mapToObj(id -> address(clientBase, id))
            .collect(Collectors.joining(","));
    lines.add("try: rabia-kv set greeting hello --servers " + addresses);
    lines.add("or: redis-cli -p " + redisBase);
    lines.add(
        data == null
            ? "all of it is in memory and ends with this process (ctrl-C)"
            : "all of it is kept in " + data + " (ctrl-C ends this process)");
    return lines;
  }

  /** Everything that was taken in is answered before the first server stops. */
  private void close() {
    servers.forEach(KvServer::drain);
    servers.forEach(KvServer::close);
  }
}
