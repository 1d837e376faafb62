package io.rabia.benchmarks;

import static io.rabia.benchmarks.Checks.check;

import io.rabia.core.Command;
import io.rabia.core.CommandBatch;
import io.rabia.core.batching.BatchConfig;
import io.rabia.core.batching.CommandBatcher;
import io.rabia.engine.RabiaConfig;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
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
 * Batching that waits for a full batch or the delay, and batching that adapts: the batcher alone,
 * and three engines in this process that run on it with few and with many commands outstanding.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class ComprehensiveOptimization {
  private static final byte[] PAYLOAD = new byte[16];
  private static final int ADDED = 1000;

  /** How commands become batches. */
  public enum Batching {
    FIXED,
    ADAPTIVE;

    BatchConfig config() {
      return BatchConfig.builder()
          .maxBatchSize(100)
          .maxBatchDelay(Duration.ofMillis(1))
          .adaptive(this == ADAPTIVE)
          .build();
    }
  }

  /** A batcher of its own. */
  @State(Scope.Benchmark)
  public static class Batcher {
    private final Command command = Command.of(PAYLOAD);
    @Param public Batching batching;
    private CommandBatcher batcher;

    /** An empty one. */
    @Setup(Level.Trial)
    public void open() {
      batcher = new CommandBatcher(batching.config());
    }

    /** Nothing was lost. */
    @TearDown(Level.Trial)
    public void verify() {
      check(batcher.isEmpty(), "everything was handed out");
      check(
          batcher.statistics().commands() == batcher.statistics().batchedCommands(),
          "every command is in a batch");
    }
  }

  /** A cluster whose engines batch so. */
  @State(Scope.Benchmark)
  public static class Engines {
    @Param public Batching batching;

    @Param({"1", "64", "1024"})
    public int outstanding;

    private EmbeddedCluster cluster;
    private Pipeline pipeline;

    /** Starts it. */
    @Setup(Level.Trial)
    public void start() {
      RabiaConfig config = RabiaConfig.builder().batching(batching.config()).build();
      cluster = EmbeddedCluster.inMemory(3, config, CountingStateMachine::new);
      pipeline =
          new Pipeline(cluster.engines(), outstanding, PAYLOAD, CountingStateMachine.applied());
    }

    /** Every command was applied once at every replica. */
    @TearDown(Level.Trial)
    public void stop() {
      cluster.checkApplied(pipeline.answered());
      cluster.close();
    }
  }

  /** Counted beside the invocations. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Counters {
    public long commands;
    public long batches;
    private long before;

    /** Asking engines for their status within an iteration would be a load of its own. */
    @Setup(Level.Iteration)
    public void begin(Engines engines) {
      before = engines.cluster.batches();
    }

    /** What was applied since. */
    @TearDown(Level.Iteration)
    public void end(Engines engines) {
      batches = engines.cluster.batches() - before;
    }
  }

  /** A thousand commands become batches. */
  @Benchmark
  @OperationsPerInvocation(ADDED)
  public int batcherAlone(Batcher state) {
    int batched = 0;
    for (int i = 0; i < ADDED; i++) {
      batched += count(state.batcher.add(state.command));
    }
    Optional<CommandBatch> rest = state.batcher.flush();
    while (rest.isPresent()) {
      batched += count(rest);
      rest = state.batcher.flush();
    }
    check(batched == ADDED, "all commands came out again");
    return batched;
  }

  private static int count(Optional<CommandBatch> batch) {
    return batch.isPresent() ? batch.get().count() : 0;
  }

  /** Commands through three engines; commands and batches a second are the figures. */
  @Benchmark
  public long engines(Engines state, Counters counters) {
    long commands = 4L * state.outstanding;
    state.pipeline.run(commands);
    counters.commands += commands;
    return commands;
  }
}
