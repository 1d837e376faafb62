package io.rabia.benchmarks.cluster;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.rabia.benchmarks.FreePorts;
import io.rabia.benchmarks.cluster.Results.Figure;
import io.rabia.benchmarks.port.NodeArguments;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * What this machine gives at best: 64 bytes there and back between processes that do nothing else,
 * directly, by way of another, by way of another that forces its disk; and forces alone.
 */
final class Floors {
  static final String PATH = "client-A-B-A-client, two round trips, p50";
  static final String FORCED_PATH = "the same with append of 4 KiB and force at B, p50";

  private static final int BYTES = 64;
  private static final long WARM = TimeUnit.SECONDS.toNanos(4);
  private static final long MEASURED = TimeUnit.SECONDS.toNanos(3);
  private static final long MARGIN = TimeUnit.SECONDS.toNanos(10);
  private static final Duration START = Duration.ofSeconds(20);

  private final Bench bench;

  Floors(Bench bench) {
    this.bench = bench;
  }

  void run() {
    bench.progress.begin("floors", 4 * bench.options.rounds);
    for (int round = 1; round <= bench.options.rounds; round++) {
      int current = round;
      bench.attempt("floors, round " + round, 4, () -> run(current));
    }
  }

  private void run(int round) throws IOException {
    Path directory = Leftovers.directory(bench.options.data(), "floors");
    Path file = directory.resolve("log");
    int[] ports = FreePorts.take(2);
    String a = String.valueOf(ports[0]);
    String b = String.valueOf(ports[1]);
    try {
      path("client-A-client, a round trip, p50", round, ports[0], List.of(List.of(a, "echo")));
      path(PATH, round, ports[0], List.of(List.of(b, "echo"), List.of(a, "next", b)));
      path(
          FORCED_PATH,
          round,
          ports[0],
          List.of(List.of(b, "force", file.toString()), List.of(a, "next", b)));
      force(file, round);
    } finally {
      Leftovers.delete(directory);
    }
  }

  private void path(String name, int round, int port, List<List<String>> nodes) {
    List<ChildProcess> processes = new ArrayList<>();
    try {
      for (List<String> node : nodes) {
        List<String> command = new ArrayList<>(List.of(EchoNode.class.getName()));
        command.addAll(node);
        ChildProcess process =
            ChildProcess.java(
                "echo",
                Installation.classPath(),
                command,
                bench.options.logs().resolve("echo.log"));
        processes.add(process);
        process.await(NodeArguments.READY, START);
      }
      add(name, round, roundTrips(port));
    } finally {
      processes.forEach(ChildProcess::close);
    }
  }

  private Histogram roundTrips(int port) {
    MultiThreadIoEventLoopGroup group =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    CompletableFuture<Histogram> done = new CompletableFuture<>();
    try {
      new Bootstrap()
          .group(group)
          .channel(NioSocketChannel.class)
          .option(ChannelOption.TCP_NODELAY, true)
          .handler(new Ping(System.nanoTime() + WARM, done))
          .connect(NodeArguments.HOST, port)
          .syncUninterruptibly();
      return done.orTimeout(WARM + MEASURED + MARGIN, TimeUnit.NANOSECONDS).join();
    } finally {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
  }

  private static final class Ping extends SimpleChannelInboundHandler<ByteBuf> {
    private final Histogram latencies = new Histogram(3);
    private final long begin;
    private final long end;
    private final CompletableFuture<Histogram> done;
    private long sentAt;
    private int received;

    /**
     * @param begin from when on it counts
     */
    Ping(long begin, CompletableFuture<Histogram> done) {
      this.begin = begin;
      end = begin + MEASURED;
      this.done = done;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      send(context);
    }

    private void send(ChannelHandlerContext context) {
      sentAt = System.nanoTime();
      context.writeAndFlush(Unpooled.wrappedBuffer(new byte[BYTES]));
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
      received += message.readableBytes();
      if (received < BYTES) {
        return;
      }
      received = 0;
      long now = System.nanoTime();
      if (sentAt - begin >= 0) {
        latencies.recordValue(now - sentAt);
      }
      if (now - end < 0) {
        send(context);
      } else {
        done.complete(latencies);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      done.completeExceptionally(new IllegalStateException("an echo ended"));
    }
  }

  private void force(Path file, int round) throws IOException {
    Histogram latencies = new Histogram(3);
    try (FileChannel log =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      long end = System.nanoTime() + MEASURED;
      while (System.nanoTime() - end < 0) {
        long begin = System.nanoTime();
        EchoNode.append(log);
        latencies.recordValue(System.nanoTime() - begin);
      }
    }
    add("append of 4 KiB and force, p50", round, latencies);
  }

  private void add(String name, int round, Histogram latencies) {
    double micros = latencies.getValueAtPercentile(50) / 1000.0;
    bench.results.add(new Figure(name, "us", micros, round));
    bench.progress.done(String.format(Locale.ROOT, "%s: %.1f us", name, micros));
  }
}
