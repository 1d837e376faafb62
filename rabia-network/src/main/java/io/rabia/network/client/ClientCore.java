package io.rabia.network.client;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.network.wire.RequestKind;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Remote access to any state machine: requests as bytes, over one connection per server, all driven
 * by one event loop. A request whose connection dies, that a server does not answer, or refuses in
 * a way that another may not, goes to the next server with the same session and number, until its
 * deadline; so a command is executed at most once. The servers tell where the other members are.
 * Methods may be called from any thread and never block; results arrive on the event loop.
 */
public final class ClientCore implements AutoCloseable {
  private static final int CONNECT_TIMEOUT_MILLIS = 1000;
  private static final Duration LONGEST = Duration.ofDays(10_000);

  private final ClientConfig config;
  private final MultiThreadIoEventLoopGroup group;
  private final EventLoop loop;
  private final Dispatcher dispatcher;
  private final List<String> servers;
  private final Queue<ClientRequest> handedOver = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean handOverScheduled = new AtomicBoolean();
  private final AtomicLong open = new AtomicLong();
  private final AtomicLong openBytes = new AtomicLong();
  private final long maxOpen;
  private volatile boolean closed;

  private ClientCore(List<HostPort> addresses, ClientConfig config) {
    this.config = config;
    maxOpen = (long) config.maxInFlight() * addresses.size() + config.maxQueued();
    ThreadFactory threads = task -> daemon(task, "rabia-client-io");
    group = new MultiThreadIoEventLoopGroup(1, threads, NioIoHandler.newFactory());
    loop = (EventLoop) group.next();
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS);
    dispatcher = new Dispatcher(addresses, loop, bootstrap, config, this::release);
    servers = dispatcher.servers().addresses();
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new FastThreadLocalThread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /**
   * A client of the servers in {@code host:port,host:port,...}, some of all; connections are made
   * when they are needed.
   *
   * @throws RabiaException.Validation for a list that is none
   */
  public static ClientCore connect(String servers, ClientConfig config) {
    return new ClientCore(HostPort.list(servers), config);
  }

  /** The servers that it was given, in the order of the list. */
  public List<String> servers() {
    return servers;
  }

  /** The servers that it knows now: those that it was given, then those that these have named. */
  public List<String> knownServers() {
    return dispatcher.servers().addresses();
  }

  /** Where results arrive; work that is scheduled here needs no locks against them. */
  public EventLoop eventLoop() {
    return loop;
  }

  public ClientConfig config() {
    return config;
  }

  public ClientSession newSession() {
    return new ClientSession();
  }

  /** Executes a command once, sent to server {@code first} of the list when that is there. */
  public void submit(
      ClientSession session, byte[] command, int first, Duration timeout, ResultHandler handler) {
    hand(RequestKind.SUBMIT, command, 0, first, false, timeout, session, handler);
  }

  /** Answers a query, asked of server {@code first} of the list when that is there. */
  public void read(
      byte[] query,
      ReadConsistency consistency,
      int first,
      Duration timeout,
      ResultHandler handler) {
    RequestKind kind =
        consistency == ReadConsistency.LOCAL
            ? RequestKind.READ_LOCAL
            : RequestKind.READ_LINEARIZABLE;
    hand(kind, query, 0, first, false, timeout, null, handler);
  }

  /** The status line of exactly this server, as UTF-8. */
  public void status(int server, Duration timeout, ResultHandler handler) {
    hand(RequestKind.STATUS, null, 0, server, true, timeout, null, handler);
  }

  /**
   * The status line of exactly this server as it is once it has applied {@code slot}, with the hash
   * there.
   */
  public void statusAt(int server, long slot, Duration timeout, ResultHandler handler) {
    hand(RequestKind.STATUS_AT, null, slot, server, true, timeout, null, handler);
  }

  /**
   * What an operator asks, as UTF-8: of server {@code first} of the list, or of exactly this one. A
   * request that goes to another server after its connection died may be executed twice.
   */
  public void administer(
      int first, boolean onlyThere, byte[] text, Duration timeout, ResultHandler handler) {
    hand(RequestKind.ADMINISTRATION, text, 0, first, onlyThere, timeout, null, handler);
  }

  /** Longer than anybody waits is for ever. */
  static long nanos(Duration timeout) {
    return (timeout.compareTo(LONGEST) < 0 ? timeout : LONGEST).toNanos();
  }

  private void hand(
      RequestKind kind,
      byte @Nullable [] payload,
      long slot,
      int first,
      boolean onlyThere,
      Duration timeout,
      @Nullable ClientSession session,
      ResultHandler handler) {
    long deadline = System.nanoTime() + nanos(timeout);
    ServerLink server = dispatcher.servers().given().get(first);
    ClientRequest request =
        new ClientRequest(kind, payload, slot, server, onlyThere, deadline, session, handler);
    if (closed) {
      fail(handler, new RabiaException.Closed("the client is closed"));
      return;
    }
    RabiaException full = reserve(request.bytes);
    if (full != null) {
      fail(handler, full);
      return;
    }
    if (loop.inEventLoop()) {
      dispatcher.accept(request);
      return;
    }
    handedOver.add(request);
    if (handOverScheduled.compareAndSet(false, true)) {
      try {
        loop.execute(this::takeOver);
      } catch (RejectedExecutionException e) {
        failHandedOver();
      }
    }
  }

  /** Null when there is room for one more request, which is then taken. */
  private @Nullable RabiaException reserve(int bytes) {
    if (open.incrementAndGet() > maxOpen) {
      open.decrementAndGet();
      return new RabiaException.Overload("the client holds " + maxOpen + " requests");
    }
    long all = openBytes.addAndGet(bytes);
    if (all > config.maxBytes() && all > bytes) {
      open.decrementAndGet();
      openBytes.addAndGet(-bytes);
      return new RabiaException.Overload("the client holds " + (all - bytes) + " bytes");
    }
    return null;
  }

  private void release(ClientRequest request) {
    if (request.kind != RequestKind.OPEN_SESSION) {
      open.decrementAndGet();
      openBytes.addAndGet(-request.bytes);
    }
  }

  /** The event loop has ended: nobody else would. */
  private void failHandedOver() {
    handOverScheduled.set(false);
    for (ClientRequest next = handedOver.poll(); next != null; next = handedOver.poll()) {
      next.handler.onResult(null, new RabiaException.Closed("the client is closed"));
    }
  }

  private void fail(ResultHandler handler, RabiaException failure) {
    if (loop.inEventLoop()) {
      handler.onResult(null, failure);
      return;
    }
    try {
      loop.execute(() -> handler.onResult(null, failure));
    } catch (RejectedExecutionException e) {
      handler.onResult(null, failure);
    }
  }

  private void takeOver() {
    handOverScheduled.set(false);
    for (ClientRequest next = handedOver.poll(); next != null; next = handedOver.poll()) {
      dispatcher.accept(next);
    }
  }

  /**
   * Fails what is outstanding with Closed and ends the connections. Waits until that is done.
   * Idempotent.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    loop.execute(
        () -> {
          takeOver();
          dispatcher.close();
          // Not before: the loop ends the connections first of all.
          group.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        });
    if (!loop.inEventLoop()) {
      group.terminationFuture().awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
  }
}
