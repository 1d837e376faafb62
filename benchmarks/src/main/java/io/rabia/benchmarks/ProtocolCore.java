package io.rabia.benchmarks;

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
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * The protocol alone: one slot decided and taken at all three replicas. Run with {@code -prof gc}:
 * a third of {@code gc.alloc.rate.norm} is what a slot allocates at a replica.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 15)
@Measurement(iterations = 15)
@Fork(value = 1, jvmArgsAppend = "-Xmx2g")
public class ProtocolCore {
  private static final int SLOTS = 60_000;

  @Param({"16"})
  public int payloadBytes;

  private ReplicaRing ring;

  /** Makes the replicas, and the batches for all iterations. */
  @Setup(Level.Trial)
  public void start(BenchmarkParams params) {
    int iterations = params.getWarmup().getCount() + params.getMeasurement().getCount();
    ring = new ReplicaRing(iterations * SLOTS, payloadBytes);
  }

  @Benchmark
  @OperationsPerInvocation(SLOTS)
  public void slot() {
    ring.decide(SLOTS);
  }

  /** All replicas took the same decisions. */
  @TearDown(Level.Iteration)
  public void verify() {
    ring.verify();
  }
}
