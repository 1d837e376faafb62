package io.rabia.kvstore.server.cli;

import io.rabia.core.Submitter;
import io.rabia.kvstore.FakeCluster;
import io.rabia.kvstore.server.KvServer;
import io.rabia.kvstore.server.NodeStatusSource;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** The real command line with a server whose node is a cluster of its own. */
public final class FakeServerMain {
  private FakeServerMain() {}

  public static void main(String[] arguments) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    System.exit(RabiaKv.run((config, store, onStopped) -> new FakeNode(), out, err, arguments));
  }

  private static final class FakeNode implements KvServer.Node {
    private final FakeCluster cluster = new FakeCluster();
    private final FakeCluster.Node node = cluster.node(1);

    @Override
    public Submitter submitter() {
      return node;
    }

    @Override
    public NodeStatusSource status() {
      return node;
    }

    @Override
    public void close() {
      cluster.close();
    }
  }
}
