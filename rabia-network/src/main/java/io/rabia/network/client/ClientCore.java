package io.rabia.network.client;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.rabia.core.ClusterId;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.network.wire.ErrorCode;
import io.rabia.network.wire.Request;
import io.rabia.network.wire.RequestKind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remote access to any state machine: requests as bytes, over one connection per server, all driven
 * by one event loop. A request whose connection dies, or whose server refuses in a way that another
 * may not, goes to the next server with the same session and number, until its deadline; so a
 * command is executed at most once. Methods may be called from any thread and never block; results
 * arrive on the event loop.
 */
public final class ClientCore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClientCore.class);
  private static final long TICK_MILLIS = 10;
  private static final long MIN_RETRY = TimeUnit.MILLISECONDS.toNanos(5);
  private static final int MAX_RETRY_SHIFT = 5;
  private static final int CONNECT_TIMEOUT_MILLIS = 1000;

  private final ClientConfig config;
  private final long silence;
  private final MultiThreadIoEventLoopGroup group;
  private final EventLoop loop;
  private final Bootstrap bootstrap;
  private final List<ServerLink> links = new ArrayList<>();
  private final Queue<ClientRequest> handedOver = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean handOverScheduled = new AtomicBoolean();
  private final AtomicInteger open = new AtomicInteger();
  private final int maxOpen;

  private final Long2ObjectHashMap<ClientRequest> onWire = new Long2ObjectHashMap<>();
  private final ArrayDeque<ClientRequest> waiting = new ArrayDeque<>();
  private final ArrayList<ClientSession> sessionsWithWaiting = new ArrayList<>();
  private ClusterId clusterId = ClusterId.NONE;
  private long nextCorrelation = 1;
  private boolean flushScheduled;
  private boolean ticking;
  private volatile boolean closed;

  private ClientCore(List<HostPort> servers, ClientConfig config) {
    this.config = config;
    silence = config.silence().toNanos();
    maxOpen = config.maxInFlight() * servers.size() + config.maxQueued();
    ThreadFactory threads = task -> daemon(task, "rabia-client-io");
    group = new MultiThreadIoEventLoopGroup(1, threads, NioIoHandler.newFactory());
    loop = (EventLoop) group.next();
    bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS);
    ServerLink.Owner owner = new LinkOwner();
    for (HostPort server : servers) {
      links.add(
          new ServerLink(links.size(), server.host(), server.port(), owner, config.maxFrame()));
    }
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new FastThreadLocalThread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /**
   * A client of the servers in {@code host:port,host:port,...}; connections are made when they are
   * needed.
   *
   * @throws RabiaException.Validation for a list that is none
   */
  public static ClientCore connect(String servers, ClientConfig config) {
    return new ClientCore(HostPort.list(servers), config);
  }

  /** The servers, in the order of the list. */
  public List<String> servers() {
    return Collections.unmodifiableList(links.stream().map(ServerLink::address).toList());
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

  private void hand(
      RequestKind kind,
      byte @Nullable [] payload,
      long slot,
      int first,
      boolean onlyThere,
      Duration timeout,
      @Nullable ClientSession session,
      ResultHandler handler) {
    long deadline = System.nanoTime() + timeout.toNanos();
    ClientRequest request =
        new ClientRequest(kind, payload, slot, first, onlyThere, deadline, session, handler);
    if (closed) {
      fail(handler, new RabiaException.Closed("the client is closed"));
      return;
    }
    if (open.incrementAndGet() > maxOpen) {
      open.decrementAndGet();
      fail(handler, new RabiaException.Overload("the client holds " + maxOpen + " requests"));
      return;
    }
    if (loop.inEventLoop()) {
      accept(request);
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
      accept(next);
    }
  }

  private void accept(ClientRequest request) {
    if (closed) {
      finish(request, null, new RabiaException.Closed("the client is closed"));
      return;
    }
    startTicking();
    ClientSession session = request.session;
    if (session == null) {
      dispatch(request);
      return;
    }
    session.waiting().add(request);
    sendWaitingOf(session, request.firstServer);
  }

  private void sendWaitingOf(ClientSession session, int server) {
    if (session.mustOpen()) {
      openSession(session, server);
    }
    for (ClientRequest next = session.next(); next != null; next = session.next()) {
      dispatch(next);
    }
    if (!session.waiting().isEmpty() && !sessionsWithWaiting.contains(session)) {
      sessionsWithWaiting.add(session);
    }
  }

  private void openSession(ClientSession session, int server) {
    open.incrementAndGet();
    long deadline = System.nanoTime() + config.requestTimeout().toNanos();
    ResultHandler opened =
        (id, failure) -> {
          if (id != null && id.length == Long.BYTES) {
            session.opened(ByteBuffer.wrap(id).getLong());
            sendWaitingOf(session, server);
          } else {
            session.openFailed();
            failWaiting(session, failure == null ? malformed("session id") : failure);
          }
        };
    dispatch(
        new ClientRequest(
            RequestKind.OPEN_SESSION, null, 0, server, false, deadline, null, opened));
  }

  private void failWaiting(ClientSession session, RabiaException failure) {
    List<ClientRequest> failed = new ArrayList<>(session.waiting());
    session.waiting().clear();
    failed.forEach(request -> finish(request, null, failure));
  }

  private static RabiaException malformed(String what) {
    return new RabiaException.Serialization("the server sent no " + what);
  }

  private void dispatch(ClientRequest request) {
    long now = System.nanoTime();
    if (request.done) {
      return;
    }
    ServerLink link =
        now - request.notBefore < 0 && request.attempts > 0 ? null : choose(request, now);
    if (link == null) {
      waiting.add(request);
      return;
    }
    send(request, link, now);
  }

  /** The first usable server from the request's on; null when there is none with room. */
  private @Nullable ServerLink choose(ClientRequest request, long now) {
    ServerLink wanted = links.get(request.server);
    if (!wanted.usable()) {
      wanted.connectIfDue(bootstrap, now);
    }
    if (request.onlyThere) {
      return hasRoom(wanted) ? wanted : null;
    }
    for (int i = 0; i < links.size(); i++) {
      ServerLink link = links.get((request.server + i) % links.size());
      if (hasRoom(link)) {
        return link;
      }
    }
    for (ServerLink link : links) {
      link.connectIfDue(bootstrap, now);
    }
    return null;
  }

  private boolean hasRoom(ServerLink link) {
    return link.usable() && link.inFlight() < config.maxInFlight();
  }

  private void send(ClientRequest request, ServerLink link, long now) {
    request.server = link.index;
    request.sent = true;
    request.correlation = nextCorrelation++;
    onWire.put(request.correlation, request);
    int left = (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(request.deadline - now));
    link.owes(now);
    link.write(
        request.session == null
            ? Request.of(request.correlation, request.kind, left, request.slot, request.payload)
            : Request.submit(
                request.correlation,
                left,
                request.sessionId,
                request.number,
                Math.min(request.number, lowestUnanswered(request)),
                request.payload));
    scheduleFlush();
  }

  private static long lowestUnanswered(ClientRequest request) {
    ClientSession session = request.session;
    return session != null && session.id() == request.sessionId
        ? session.lowestUnanswered()
        : request.number;
  }

  private void scheduleFlush() {
    if (!flushScheduled) {
      flushScheduled = true;
      loop.execute(this::flushAll);
    }
  }

  private void flushAll() {
    flushScheduled = false;
    for (ServerLink link : links) {
      link.flush();
    }
  }

  private void finish(
      ClientRequest request, byte @Nullable [] result, @Nullable RabiaException failure) {
    if (request.done) {
      return;
    }
    request.done = true;
    open.decrementAndGet();
    ClientSession session = request.session;
    if (session != null) {
      session.forget(request);
    }
    try {
      request.handler.onResult(result, failure);
    } catch (RuntimeException e) {
      LOG.warn("a handler of results failed", e);
    }
    if (session != null && !session.waiting().isEmpty()) {
      sendWaitingOf(session, request.server);
    }
  }

  private void again(ClientRequest request, RabiaException refusal) {
    request.attempts++;
    request.refused(refusal);
    if (!request.onlyThere) {
      request.server = (request.server + 1) % links.size();
    }
    int rounds = request.attempts / (request.onlyThere ? 1 : links.size());
    request.notBefore =
        System.nanoTime() + (rounds == 0 ? 0 : MIN_RETRY << Math.min(rounds - 1, MAX_RETRY_SHIFT));
    dispatch(request);
  }

  private void dispatchWaiting() {
    for (int i = waiting.size(); i > 0; i--) {
      dispatch(waiting.remove());
      if (onWire.size() >= config.maxInFlight() * links.size()) {
        return;
      }
    }
  }

  private void startTicking() {
    if (!ticking) {
      ticking = true;
      loop.schedule(this::tick, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void tick() {
    ticking = false;
    long now = System.nanoTime();
    for (ServerLink link : links) {
      link.watch(now, silence);
    }
    expire(now);
    dispatchWaiting();
    if (open.get() > 0 && !closed) {
      startTicking();
    }
  }

  private void expire(long now) {
    List<ClientRequest> expired = new ArrayList<>();
    for (ClientRequest request : onWire.values()) {
      addIfExpired(request, now, expired);
    }
    for (ClientRequest request : waiting) {
      addIfExpired(request, now, expired);
    }
    for (ClientSession session : sessionsWithWaiting) {
      for (ClientRequest request : session.waiting()) {
        addIfExpired(request, now, expired);
      }
    }
    sessionsWithWaiting.removeIf(session -> session.waiting().isEmpty());
    for (ClientRequest request : expired) {
      // It stays on the wire: the server's answer, whenever it comes, frees its place there.
      finish(request, null, request.expired(failures(request)));
    }
    waiting.removeIf(request -> request.done);
    for (ClientSession session : sessionsWithWaiting) {
      session.waiting().removeIf(request -> request.done);
    }
  }

  /** Why servers cannot be reached that the request could have gone to. */
  private String failures(ClientRequest request) {
    StringBuilder failures = new StringBuilder();
    for (ServerLink link : links) {
      RabiaException failure = link.lastFailure();
      if (failure != null && (!request.onlyThere || link.index == request.server)) {
        failures.append("; ").append(failure.getMessage());
      }
    }
    return failures.toString();
  }

  private static void addIfExpired(ClientRequest request, long now, List<ClientRequest> expired) {
    if (!request.done && now - request.deadline >= 0) {
      expired.add(request);
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
    loop.execute(this::failAll);
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS);
    if (!loop.inEventLoop()) {
      group.terminationFuture().awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
  }

  private void failAll() {
    takeOver();
    RabiaException failure = new RabiaException.Closed("the client was closed");
    List<ClientRequest> left = new ArrayList<>(onWire.values());
    left.addAll(waiting);
    sessionsWithWaiting.forEach(session -> left.addAll(session.waiting()));
    left.forEach(request -> finish(request, null, failure));
    links.forEach(link -> link.close(null));
  }

  private final class LinkOwner implements ServerLink.Owner {

    @Override
    public ClusterId clusterId() {
      return clusterId;
    }

    @Override
    public boolean onReady(ServerLink link, ClusterId stated) {
      if (!stated.equals(ClusterId.NONE)) {
        if (!clusterId.equals(ClusterId.NONE) && !clusterId.equals(stated)) {
          link.close(new RabiaException.WrongCluster(link.address() + " is of cluster " + stated));
          return false;
        }
        clusterId = stated;
      }
      loop.execute(ClientCore.this::dispatchWaiting);
      return true;
    }

    @Override
    public void onResponse(ServerLink link, long correlation, ErrorCode code, byte[] body) {
      ClientRequest request = onWire.remove(correlation);
      if (request == null) {
        throw new RabiaException.Serialization("an answer to nothing");
      }
      if (code == ErrorCode.CLOSED) {
        link.leave();
      }
      link.answered();
      if (request.done) {
        return;
      }
      if (code == ErrorCode.OK) {
        finish(request, body, null);
        return;
      }
      RabiaException failure = code.exception(new String(body, StandardCharsets.UTF_8));
      if (code.anotherServerMayServe() && !closed) {
        again(request, failure);
        return;
      }
      if (code == ErrorCode.SESSION_CLOSED && request.session != null) {
        request.session.closed(request.sessionId);
      }
      finish(request, null, failure);
    }

    @Override
    public void onReadComplete(ServerLink link) {
      if (!waiting.isEmpty()) {
        dispatchWaiting();
      }
      flushAll();
    }

    @Override
    public void onDown(ServerLink link, RabiaException reason) {
      List<ClientRequest> lost = new ArrayList<>();
      for (ClientRequest request : onWire.values()) {
        if (request.server == link.index) {
          lost.add(request);
        }
      }
      for (ClientRequest request : lost) {
        onWire.remove(request.correlation);
        if (closed) {
          finish(request, null, new RabiaException.Closed("the client was closed"));
        } else if (!request.done) {
          again(request, reason);
        }
      }
    }
  }
}
