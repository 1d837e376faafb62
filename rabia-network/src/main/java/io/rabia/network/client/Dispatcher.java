package io.rabia.network.client;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.EventLoop;
import io.rabia.core.ClusterId;
import io.rabia.core.RabiaException;
import io.rabia.network.AddressResolver;
import io.rabia.network.wire.ErrorCode;
import io.rabia.network.wire.RequestKind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings requests to servers, again and elsewhere where that may help, until they are answered or
 * their time is over. Belongs to the event loop.
 *
 * <p>A request that waits is in one queue: that of its session, of what may be tried again only
 * later, or of the link to the server that it prefers. One that a server has, but does not answer,
 * is sent to another one as well after a time: the session makes copies harmless, and whichever is
 * answered first counts.
 */
final class Dispatcher implements ServerLink.Owner {
  private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);
  private static final long TICK_MILLIS = 10;
  private static final long RECONNECT_MILLIS = 1000;
  private static final long MIN_RETRY = TimeUnit.MILLISECONDS.toNanos(5);
  private static final int MAX_RETRY_SHIFT = 5;
  private static final long MOVE_RETRY = TimeUnit.MILLISECONDS.toNanos(50);
  private static final int PATIENCE_IN_SILENCES = 10;
  private static final int MAX_MOVE_SHIFT = 10;

  private final EventLoop loop;
  private final ClientConfig config;
  private final long silence;
  private final KnownServers servers;
  private final SessionQueues sessions = new SessionQueues(this);
  private final Deadlines deadlines;
  private final Consumer<ClientRequest> onFinished;
  private final PriorityQueue<ClientRequest> delayed =
      new PriorityQueue<>((a, b) -> Long.signum(a.notBefore - b.notBefore));
  private ClusterId clusterId = ClusterId.NONE;
  private long nextCorrelation = 1;
  private int open;

  private boolean flushScheduled;
  private boolean ticking;
  private boolean reconnecting;
  private boolean greeted;
  private int lastTried;
  private boolean closed;

  /**
   * @param onFinished told once of every request, before its handler is
   */
  Dispatcher(
      List<HostPort> addresses,
      EventLoop loop,
      Bootstrap bootstrap,
      ClientConfig config,
      Consumer<ClientRequest> onFinished) {
    this.loop = loop;
    this.config = config;
    this.onFinished = onFinished;
    silence = config.silence().toNanos();
    AddressResolver resolver = new AddressResolver("rabia-client-resolve", loop, config.lookup());
    servers =
        new KnownServers(
            addresses,
            address -> new ServerLink(address, this, config.maxFrame(), resolver, bootstrap),
            config.maxInFlight());
    deadlines = new Deadlines(servers);
  }

  KnownServers servers() {
    return servers;
  }

  void accept(ClientRequest request) {
    open++;
    if (closed) {
      finish(request, null, new RabiaException.Closed("the client is closed"));
      return;
    }
    deadlines.at(request.deadline);
    startTicking();
    if (request.session == null) {
      dispatch(request);
    } else {
      sessions.add(request.session, request);
    }
  }

  /** The request that opens a session, within the time that is usual for a request. */
  void open(ServerLink first, ResultHandler handler, Consumer<ClientRequest> opening) {
    long deadline = System.nanoTime() + ClientCore.nanos(config.requestTimeout());
    ClientRequest request =
        new ClientRequest(RequestKind.OPEN_SESSION, null, 0, first, false, deadline, null, handler);
    opening.accept(request);
    accept(request);
  }

  // ---- to the servers

  void dispatch(ClientRequest request) {
    if (request.done) {
      return;
    }
    if (request.attempts > 0 && System.nanoTime() - request.notBefore < 0) {
      delayed.add(request);
      return;
    }
    ServerLink link = servers.known(request.server);
    (request.onlyThere ? link.waitingForThis : link.waiting).add(request);
    drain(link, System.nanoTime());
  }

  /** Sends what waits for this server, as far as there is one to take it. */
  private void drain(ServerLink link, long now) {
    while (!link.waitingForThis.isEmpty()) {
      if (!servers.takesMore(link)) {
        link.connectIfDue(now);
        break;
      }
      send(link.waitingForThis.remove(), link, now);
    }
    while (!link.waiting.isEmpty()) {
      ServerLink target = servers.choose(link, now);
      if (target == null) {
        break;
      }
      send(link.waiting.remove(), target, now);
    }
  }

  private void drainAll() {
    long now = System.nanoTime();
    servers.forEach(link -> drain(link, now));
  }

  private void send(ClientRequest request, ServerLink link, long now) {
    if (request.done) {
      return;
    }
    long correlation = nextCorrelation++;
    request.server = link;
    link.owes(now);
    try {
      link.write(request.onWire(correlation, now));
    } catch (OutOfMemoryError e) {
      request.noteRefusal(new RabiaException.Overload("no memory to send: " + e.getMessage()));
      again(request);
      return;
    }
    Attempt attempt = new Attempt(request, now + patience(request, now));
    link.onWire.put(correlation, attempt);
    request.sent(attempt);
    deadlines.at(attempt.patience);
    scheduleFlush();
  }

  private long patience(ClientRequest request, long now) {
    long most = PATIENCE_IN_SILENCES * silence << Math.min(request.moves, MAX_MOVE_SHIFT);
    return Math.max(silence, Math.min(most, (request.deadline - now) / 2));
  }

  private void scheduleFlush() {
    if (!flushScheduled) {
      flushScheduled = true;
      loop.execute(this::flushAll);
    }
  }

  private void flushAll() {
    flushScheduled = false;
    servers.forEach(ServerLink::flush);
  }

  /** To the next server, at once until all were tried, then after pauses. */
  private void again(ClientRequest request) {
    request.current = null;
    request.attempts++;
    int round = servers.all().size();
    if (request.onlyThere) {
      round = 1;
    } else {
      request.server = servers.after(request.server);
    }
    int rounds = request.attempts / round;
    request.notBefore =
        System.nanoTime() + (rounds == 0 ? 0 : MIN_RETRY << Math.min(rounds - 1, MAX_RETRY_SHIFT));
    dispatch(request);
  }

  /** Sends a copy to another server that is there, or tries so again a little later. */
  private void move(ClientRequest request, Attempt attempt, long now) {
    ServerLink other = servers.otherThan(request.server, now);
    if (other == null) {
      attempt.patience = now + MOVE_RETRY;
      deadlines.at(attempt.patience);
    } else {
      request.moves++;
      send(request, other, now);
    }
  }

  // ---- in time

  private void startTicking() {
    if (!ticking) {
      ticking = true;
      loop.schedule(this::tick, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void tick() {
    ticking = false;
    if (closed) {
      return;
    }
    long now = System.nanoTime();
    servers.forEach(link -> link.watch(now, silence));
    if (deadlines.passed(now)) {
      Deadlines.Over over = deadlines.over(delayed, sessions, now);
      expire(over.requests());
      for (Attempt attempt : over.attempts()) {
        if (!attempt.request.done) {
          move(attempt.request, attempt, now);
        }
      }
    }
    for (ClientRequest next = delayed.peek();
        next != null && now - next.notBefore >= 0;
        next = delayed.peek()) {
      dispatch(delayed.remove());
    }
    drainAll();
    if (open > 0) {
      startTicking();
    }
  }

  private void expire(List<ClientRequest> expired) {
    if (expired.isEmpty()) {
      return;
    }
    for (ClientRequest request : expired) {
      // Its copies stay on the wire: the answers, whenever they come, free their places there.
      finish(request, null, request.expired(servers.failures(request)));
    }
    for (ServerLink link : servers.all()) {
      link.waiting.removeIf(request -> request.done);
      link.waitingForThis.removeIf(request -> request.done);
    }
    delayed.removeIf(request -> request.done);
    sessions.forgetDone();
  }

  /** A client that once found its servers hears from one of them who the members are. */
  private void keepInTouch() {
    if (greeted && !closed && !reconnecting) {
      reconnecting = true;
      loop.schedule(this::reconnect, RECONNECT_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void reconnect() {
    reconnecting = false;
    List<ServerLink> all = servers.all();
    if (!closed && all.stream().noneMatch(ServerLink::usable)) {
      all.get(++lastTried % all.size()).connectIfDue(System.nanoTime());
      keepInTouch();
    }
  }

  // ---- to its end

  private void finish(
      ClientRequest request, byte @Nullable [] result, @Nullable RabiaException failure) {
    if (request.done) {
      return;
    }
    request.finished();
    open--;
    onFinished.accept(request);
    ClientSession session = request.session;
    if (session != null) {
      session.forget(request);
    }
    try {
      request.handler.onResult(result, failure);
    } catch (RuntimeException e) {
      LOG.warn("a handler of results failed", e);
    }
    if (session != null && !closed) {
      sessions.goOn(session, request.server);
    }
  }

  void fail(ClientRequest request, RabiaException failure) {
    finish(request, null, failure);
  }

  /** Fails what is outstanding with Closed and ends the connections. */
  void close() {
    closed = true;
    List<ClientRequest> left = new ArrayList<>(delayed);
    for (ServerLink link : servers.all()) {
      link.onWire.values().forEach(attempt -> left.add(attempt.request));
      left.addAll(link.waiting);
      left.addAll(link.waitingForThis);
    }
    sessions.forEachWaiting(left::add);
    RabiaException failure = new RabiaException.Closed("the client was closed");
    left.forEach(request -> fail(request, failure));
    sessions.close(servers.all(), config.requestTimeout());
    servers.forEach(link -> link.close(null));
  }

  // ---- from the servers

  @Override
  public ClusterId clusterId() {
    return clusterId;
  }

  @Override
  public boolean onReady(ServerLink link, ClusterId stated) {
    if (!stated.equals(ClusterId.NONE)) {
      if (!clusterId.equals(ClusterId.NONE) && !clusterId.equals(stated)) {
        link.close(new RabiaException.WrongCluster(link.address + " is of cluster " + stated));
        return false;
      }
      clusterId = stated;
    }
    greeted = true;
    loop.execute(this::drainAll);
    return true;
  }

  @Override
  public void onMembers(ServerLink link) {
    if (config.findsMembers()) {
      learn();
    }
  }

  private void learn() {
    for (ServerLink dropped : servers.learn()) {
      List<ClientRequest> stranded = new ArrayList<>(dropped.waiting);
      dropped.waiting.clear();
      for (ClientRequest request : stranded) {
        dispatch(request);
      }
    }
  }

  @Override
  public void onResponse(ServerLink link, long correlation, ErrorCode code, byte[] body) {
    Attempt attempt = link.onWire.remove(correlation);
    if (attempt == null) {
      throw new RabiaException.Serialization("an answer to nothing");
    }
    if (code == ErrorCode.CLOSED) {
      link.leave();
    }
    link.closeIfLeft();
    ClientRequest request = attempt.request;
    request.answered();
    if (code == ErrorCode.OK) {
      link.doubted &=
          request.kind != RequestKind.SUBMIT && request.kind != RequestKind.READ_LINEARIZABLE;
      finish(request, body, null);
      return;
    }
    RabiaException failure = code.exception(new String(body, StandardCharsets.UTF_8));
    if (code == ErrorCode.NO_QUORUM || code == ErrorCode.UNAVAILABLE) {
      doubt(link);
    }
    if (code.anotherServerMayServe() && !closed) {
      onRefused(request, attempt, failure);
      return;
    }
    if (code == ErrorCode.SESSION_CLOSED && request.session != null) {
      request.session.closed(request.sessionId);
    }
    finish(request, null, failure);
  }

  /** When another copy is relied on, that one is waited for. */
  private void onRefused(ClientRequest request, Attempt attempt, RabiaException refusal) {
    request.refused(refusal);
    if (request.current == attempt && !request.done) {
      again(request);
    }
  }

  /** What it cannot do for one request it can do for none: the others need not wait for it. */
  private void doubt(ServerLink link) {
    if (!link.doubted) {
      link.doubted = true;
      long now = System.nanoTime();
      link.onWire.values().forEach(attempt -> attempt.patience = now);
      deadlines.at(now);
    }
  }

  @Override
  public void onRoom(ServerLink link) {
    drainAll();
    flushAll();
  }

  @Override
  public void onDown(ServerLink link, RabiaException reason) {
    List<Attempt> lost = new ArrayList<>(link.onWire.values());
    link.onWire.clear();
    onMembers(link);
    for (Attempt attempt : lost) {
      ClientRequest request = attempt.request;
      request.answered();
      if (closed) {
        fail(request, new RabiaException.Closed("the client was closed"));
      } else {
        onRefused(request, attempt, reason);
      }
    }
    keepInTouch();
  }
}
