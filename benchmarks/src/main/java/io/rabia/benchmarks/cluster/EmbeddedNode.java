package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.CountingStateMachine;
import io.rabia.benchmarks.Pipeline;
import io.rabia.benchmarks.port.EndOfInput;
import io.rabia.benchmarks.port.NodeArguments;
import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.persistence.Durability;
import io.rabia.engine.EngineState;
import io.rabia.engine.RabiaEngine;
import io.rabia.network.NettyTransport;
import io.rabia.persistence.FilePersistence;
import io.rabia.persistence.FilePersistenceConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * A member that submits 16-byte commands in its own process: {@code ID MEMBERS DIRECTORY DURABILITY
 * OUTSTANDING}. Reads {@code run WARMUP SECONDS} from standard input.
 */
public final class EmbeddedNode {
  private static final byte[] PAYLOAD = new byte[16];

  private EmbeddedNode() {}

  /** Serves standard input until it ends. */
  public static void main(String[] arguments) throws InterruptedException {
    BlockingQueue<String> lines = EndOfInput.endsProcess();
    NodeId id = NodeId.of(Integer.parseInt(arguments[0]));
    ClusterConfig cluster = ClusterConfig.parse(arguments[1]);
    FilePersistenceConfig log =
        FilePersistenceConfig.builder().durability(Durability.valueOf(arguments[3])).build();
    try (RabiaEngine engine =
        RabiaEngine.builder()
            .nodeId(id)
            .cluster(cluster)
            .stateMachine(new CountingStateMachine())
            .transport(NettyTransport.builder(id, cluster).build())
            .persistence(new FilePersistence(Path.of(arguments[2]), log))
            .build()) {
      engine.start();
      while (engine.lastStatus().state() != EngineState.SERVING) {
        LockSupport.parkNanos(5_000_000);
      }
      say(NodeArguments.READY);
      int outstanding = Integer.parseInt(arguments[4]);
      Pipeline pipeline =
          new Pipeline(List.of(engine), outstanding, PAYLOAD, CountingStateMachine.applied());
      while (true) {
        String[] words = lines.take().split(" ", -1);
        run(pipeline, Double.parseDouble(words[1]), Double.parseDouble(words[2]));
      }
    }
  }

  private static void run(Pipeline pipeline, double warmup, double seconds) {
    pipeline.runFor(duration(warmup));
    long begin = System.nanoTime();
    long before = pipeline.answered();
    pipeline.runFor(duration(seconds));
    double rate = (pipeline.answered() - before) / ((System.nanoTime() - begin) / 1e9);
    // Until all have measured, the others keep their load.
    pipeline.runFor(duration(1));
    say(String.format(Locale.ROOT, "rate %.1f", rate));
  }

  private static Duration duration(double seconds) {
    return Duration.ofNanos((long) (seconds * 1e9));
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
