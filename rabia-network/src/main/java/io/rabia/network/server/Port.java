package io.rabia.network.server;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.rabia.network.RateLimitedLog;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * A listening address with its bounds, counters and connections. Lives on one event loop; {@link
 * #statistics} and {@link #draining} may be read from any thread.
 */
public final class Port {
  private static final int HIGH_WATER = 1 << 20;
  private static final long STANDSTILL = 5 * PortLimits.SWEEP.toNanos();

  /** Who sends much gives the others, and the members of the cluster, their turn. */
  private static final RecvByteBufAllocator ONE_READ_A_TURN =
      new AdaptiveRecvByteBufAllocator().maxMessagesPerRead(1);

  private final String name;
  private final PortLimits limits;
  private final EventLoop loop;
  private final PortStatistics statistics = new PortStatistics();
  private final RateLimitedLog log = new RateLimitedLog(LoggerFactory.getLogger(Port.class));
  private final Set<PortConnection> connections = new LinkedHashSet<>();
  private @Nullable Channel listening;
  private final ArrayDeque<PortConnection> waiting = new ArrayDeque<>();
  private int inFlight;
  private long bytesInFlight;
  private long bytesHeld;
  private boolean resuming;
  private long sweptAt;
  private @Nullable Future<?> sweeps;
  private volatile boolean draining;

  public Port(String name, PortLimits limits, EventLoop loop) {
    this.name = name;
    this.limits = limits;
    this.loop = loop;
  }

  public String name() {
    return name;
  }

  public PortLimits limits() {
    return limits;
  }

  public PortStatistics statistics() {
    return statistics;
  }

  /** True once no new requests are taken. */
  public boolean draining() {
    return draining;
  }

  /** Lets the world in, on the event loop. */
  void accept(Listening address, Function<Port, PortConnection> connection) {
    int highWater = Math.min(HIGH_WATER, limits.maxOutboundBytes());
    listening =
        new ServerBootstrap()
            .group(loop)
            .channelFactory(() -> new NioServerSocketChannel(address.channel()))
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, ONE_READ_A_TURN)
            .childOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(highWater / 2, highWater))
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(connection.apply(Port.this));
                  }
                })
            .register()
            .channel();
    long sweep = PortLimits.SWEEP.toMillis();
    sweptAt = System.nanoTime();
    sweeps = loop.scheduleWithFixedDelay(this::sweep, sweep, sweep, TimeUnit.MILLISECONDS);
  }

  private void sweep() {
    long now = System.nanoTime();
    boolean stoodStill = now - sweptAt > STANDSTILL;
    sweptAt = now;
    if (stoodStill) {
      return; // what came meanwhile is not read yet: nobody was slow but this side
    }
    for (PortConnection connection : new ArrayList<>(connections)) {
      connection.sweep(now);
    }
  }

  boolean admit(PortConnection connection) {
    if (connections.size() >= limits.maxConnections()) {
      return false;
    }
    statistics.count(PortStatistics.Event.ACCEPTED);
    return connections.add(connection);
  }

  void gone(PortConnection connection) {
    connections.remove(connection);
    waiting.remove(connection);
  }

  void warn(PortStatistics.Event event, String message) {
    statistics.count(event);
    log.warn(name + " port: " + message);
  }

  /**
   * A request is about to be handed to the engine that needs so many bytes, its answer counted, at
   * most.
   *
   * @return false when it has to wait; the connection is resumed when there may be room
   */
  public boolean begin(PortConnection connection, long bytes) {
    if (inFlight > 0 && bytesInFlight + bytes > limits.maxBytes()) {
      waiting.add(connection);
      return false;
    }
    inFlight++;
    bytesInFlight += bytes;
    statistics.count(PortStatistics.Event.REQUESTS);
    return true;
  }

  /** Its answer is there. */
  public void end(long bytes) {
    inFlight--;
    bytesInFlight -= bytes;
    if (!waiting.isEmpty() && !resuming) {
      resuming = true;
      loop.execute(this::resume);
    }
  }

  private void resume() {
    resuming = false;
    for (int i = waiting.size(); i > 0 && bytesInFlight < limits.maxBytes(); i--) {
      waiting.remove().resumeWaiting();
    }
  }

  /** A connection holds so many bytes more than before. */
  void holds(long more) {
    bytesHeld += more;
    if (bytesHeld > limits.maxBytes()) {
      connections.stream()
          .max(Comparator.comparingLong(PortConnection::held))
          .ifPresent(PortConnection::endForItsSize);
    }
  }

  int inFlight() {
    return inFlight;
  }

  /** Accepts nobody and nothing any more. */
  void drain() {
    draining = true;
    Channel channel = listening;
    if (channel != null) {
      channel.close();
    }
  }

  void closeConnections() {
    if (sweeps != null) {
      sweeps.cancel(false);
    }
    for (PortConnection connection : new ArrayList<>(connections)) {
      connection.closeAfterFlush();
    }
  }
}
