package io.rabia.benchmarks;

import static io.rabia.benchmarks.Checks.check;

import io.rabia.core.Command;
import io.rabia.core.ReadConsistency;
import io.rabia.core.statemachine.InMemoryStateMachine;
import io.rabia.engine.RabiaConfig;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One request at a time, from its submission to its answer, through whole engines in this process
 * without network and disk: the least that a command and a read cost.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class BaselinePerformance {
  private static final int KEYS = 1024;

  @Param({"1", "3"})
  public int nodes;

  private EmbeddedCluster cluster;
  private final Command[] writes = new Command[KEYS];
  private final byte[][] queries = new byte[KEYS][];
  private int next;
  private int last;

  /** Starts the engines. */
  @Setup(Level.Trial)
  public void start() {
    for (int key = 0; key < KEYS; key++) {
      writes[key] = Command.of("SET key" + key + " value" + key);
      queries[key] = ("GET key" + key).getBytes(StandardCharsets.UTF_8);
    }
    cluster = EmbeddedCluster.inMemory(nodes, RabiaConfig.defaults(), InMemoryStateMachine::new);
    write();
  }

  /** A command is replicated, applied and answered. */
  @Benchmark
  public byte[] write() {
    last = next++ % KEYS;
    byte[] result = cluster.engine(0).submit(writes[last]).join();
    check(result.length == 2 && result[0] == 'O' && result[1] == 'K', "SET answers OK");
    return result;
  }

  /** A read sees the last write that was answered, at another node than wrote it. */
  @Benchmark
  public byte[] linearizableRead() {
    byte[] result =
        cluster.engine(nodes - 1).read(queries[last], ReadConsistency.LINEARIZABLE).join();
    check(isValue(result, last), "GET answers what was written");
    return result;
  }

  private static boolean isValue(byte[] result, int key) {
    int rest = key;
    int i = result.length - 1;
    for (; i >= 5 && result[i] == '0' + rest % 10; i--) {
      rest /= 10;
    }
    return i == 4 && rest == 0 && result[0] == 'v';
  }

  /** All replicas hold the same in the end. */
  @TearDown(Level.Trial)
  public void stop() {
    cluster.awaitEqual();
    cluster.close();
  }
}
