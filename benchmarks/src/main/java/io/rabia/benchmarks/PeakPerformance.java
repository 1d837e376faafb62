package io.rabia.benchmarks;

import io.rabia.engine.RabiaConfig;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * 16-byte commands submitted in process to three engines, at most 4096 of them without an answer.
 * All three engines and the caller share this process; {@code cluster-bench.jar --parts embedded}
 * gives each a process of its own.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class PeakPerformance {
  private static final int COMMANDS = 1 << 16;
  private static final byte[] PAYLOAD = new byte[16];

  /** What the engines talk over. */
  public enum Network {
    MEMORY,
    TCP
  }

  @Param public Network network;

  @Param({"4096"})
  public int outstanding;

  private EmbeddedCluster cluster;
  private Pipeline pipeline;

  /** Starts the engines. */
  @Setup(Level.Trial)
  public void start() {
    RabiaConfig config = RabiaConfig.defaults();
    cluster =
        network == Network.TCP
            ? EmbeddedCluster.overTcp(3, config, CountingStateMachine::new)
            : EmbeddedCluster.inMemory(3, config, CountingStateMachine::new);
    pipeline =
        new Pipeline(cluster.engines(), outstanding, PAYLOAD, CountingStateMachine.applied());
  }

  /** Commands are decided, applied at three replicas and answered. */
  @Benchmark
  @OperationsPerInvocation(COMMANDS)
  public void submit() {
    pipeline.run(COMMANDS);
  }

  /** Every command was applied once at every replica. */
  @TearDown(Level.Trial)
  public void stop() {
    cluster.checkApplied(pipeline.answered());
    cluster.close();
  }
}
