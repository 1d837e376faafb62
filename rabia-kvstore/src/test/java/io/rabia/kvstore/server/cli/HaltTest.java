package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.ClusterConfig;
import io.rabia.core.Command;
import io.rabia.core.NodeId;
import io.rabia.core.statemachine.InMemoryStateMachine;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.engine.RabiaEngine;
import io.rabia.network.NettyTransport;
import io.rabia.persistence.InMemoryPersistence;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An error of the virtual machine ends the process: it is never half alive. */
@Tag("integration")
@Timeout(60)
final class HaltTest {
  @TempDir private Path directory;

  /** A member whose state machine takes more memory or stack than there is for what it is told. */
  static final class Endless implements StateMachine {
    private final InMemoryStateMachine inner = new InMemoryStateMachine();
    private final boolean deep;

    private Endless(boolean deep) {
      this.deep = deep;
    }

    public static void main(String[] arguments) {
      NodeId id = NodeId.of(1);
      ClusterConfig cluster = ClusterConfig.parse("1=127.0.0.1:" + arguments[1]);
      RabiaEngine engine =
          RabiaEngine.builder()
              .nodeId(id)
              .cluster(cluster)
              .stateMachine(new Endless(arguments[0].equals("StackOverflowError")))
              .transport(NettyTransport.builder(id, cluster).build())
              .persistence(new InMemoryPersistence())
              .build();
      engine.start();
      engine.submit(Command.of("SET a b")).join();
    }

    @Override
    @SuppressWarnings("InfiniteRecursion") // until the stack overflows
    public byte[] apply(long slot, long logTime, ByteBuffer command) {
      return deep ? apply(slot + 1, logTime, command) : new byte[Integer.MAX_VALUE - 8];
    }

    @Override
    public byte[] query(ByteBuffer query) {
      return inner.query(query);
    }

    @Override
    public void snapshot(OutputStream target) throws IOException {
      inner.snapshot(target);
    }

    @Override
    public void restore(InputStream source) throws IOException {
      inner.restore(source);
    }

    @Override
    public long stateHash() {
      return inner.stateHash();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"StackOverflowError", "OutOfMemoryError"})
  void endsTheProcessWhenTheNodesThreadHasNoMoreStackOrMemory(String error) throws Exception {
    try (ServerProcesses java = new ServerProcesses(directory, 1, "memory")) {
      java.virtualMachine("-Xmx64m");
      List<String> port = List.of("" + java.port(1, "peer"));
      Process process = java.java("endless", Endless.class, error, port);
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(134);
      assertThat(java.text("endless.err")).contains("Node 1 halts the process", error);
    }
  }
}
