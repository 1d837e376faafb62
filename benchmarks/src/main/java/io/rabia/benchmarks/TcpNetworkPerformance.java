package io.rabia.benchmarks;

import static io.rabia.benchmarks.Checks.check;

import io.rabia.core.Command;
import io.rabia.engine.RabiaConfig;
import java.nio.ByteBuffer;
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
 * TCP on loopback: frames of several sizes there and back between two transports, to two and to
 * four peers at once, and commands through three engines.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class TcpNetworkPerformance {

  /** Two transports and a frame. */
  @State(Scope.Benchmark)
  public static class Pair {
    @Param({"64", "1024", "16384", "65536"})
    public int size;

    private TransportHub hub;
    private ByteBuffer frame;

    /** Connects them. */
    @Setup(Level.Trial)
    public void connect() {
      hub = new TransportHub(1);
      frame = ByteBuffer.allocate(size);
    }

    /** Disconnects them. */
    @TearDown(Level.Trial)
    public void close() {
      hub.close();
    }
  }

  /** A transport, its peers and a frame. */
  @State(Scope.Benchmark)
  public static class Star {
    @Param({"64", "16384"})
    public int size;

    @Param({"2", "4"})
    public int peers;

    private TransportHub hub;
    private ByteBuffer frame;
    private long broadcasts;

    /** Connects them. */
    @Setup(Level.Trial)
    public void connect() {
      hub = new TransportHub(peers);
      frame = ByteBuffer.allocate(size);
    }

    /** Every peer got every frame. */
    @TearDown(Level.Trial)
    public void close() {
      check(hub.framesReceivedByPeers() >= broadcasts * peers, "every peer got every frame");
      hub.close();
    }
  }

  /** Three engines over TCP. */
  @State(Scope.Benchmark)
  public static class Engines {
    @Param({"16", "1024", "65536"})
    public int size;

    private EmbeddedCluster cluster;
    private Command command;
    private long submitted;

    /** Starts them. */
    @Setup(Level.Trial)
    public void start() {
      cluster = EmbeddedCluster.overTcp(3, RabiaConfig.defaults(), CountingStateMachine::new);
      command = Command.of(new byte[size]);
    }

    /** Every command was applied once at every replica. */
    @TearDown(Level.Trial)
    public void stop() {
      cluster.checkApplied(submitted);
      cluster.close();
    }
  }

  @Benchmark
  public void roundTrip(Pair pair) {
    pair.hub.roundTrip(pair.frame);
  }

  @Benchmark
  public void broadcast(Star star) {
    star.broadcasts++;
    star.hub.broadcast(star.frame);
  }

  /** One command at a time, from its submission to its answer. */
  @Benchmark
  public byte[] submit(Engines engines) {
    engines.submitted++;
    byte[] result = engines.cluster.engine(0).submit(engines.command).join();
    check(result.length == 1 && result[0] == 1, "a command is answered");
    return result;
  }
}
