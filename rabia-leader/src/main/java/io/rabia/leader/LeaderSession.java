package io.rabia.leader;

import io.rabia.core.Command;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import io.rabia.engine.CompositeStateMachine;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process' side of leadership: a thread that sends heartbeats, candidacies and withdrawals,
 * repeats what failed, and looks at the state. What it sends it does not wait for. Thread-safe.
 */
final class LeaderSession {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderSession.class);
  private static final long MAX_TICK_MILLIS = 100;

  /** Where the commands go. */
  record Way(Submitter composite, @Nullable String part) {
    Submitter submitter() {
      return part == null ? composite : CompositeStateMachine.part(composite, part);
    }
  }

  private final Way way;
  private final Submitter submitter;
  private final String name;
  private final int node;
  private final LeaderConfig config;
  private final Consumer<LeaderView> observer;
  private final LongSupplier nanos;
  private final long id;
  private final long lease;
  private final long tickNanos;
  private final Map<String, LeaderElection> elections = new ConcurrentHashMap<>();
  private final Thread thread;

  private volatile LeaderView view = LeaderView.EMPTY;
  private volatile long provenAt;
  private volatile boolean closed;
  private long version;
  private boolean joined;
  private boolean beating;
  private boolean polling;
  private long nextBeat;
  private int responseMicros;

  /**
   * @param observer called with the newest state by every step
   * @param nanos the monotonic clock of this process
   * @param id drawn at random by each life of a process, not 0
   */
  LeaderSession(
      Way way,
      String name,
      int node,
      LeaderConfig config,
      Consumer<LeaderView> observer,
      LongSupplier nanos,
      long id) {
    this.way = way;
    submitter = way.submitter();
    this.name = LeaderCodec.checkText(name);
    this.node = node;
    this.config = config;
    this.observer = observer;
    this.nanos = nanos;
    this.id = id;
    lease = config.leaderTimeout().toNanos() / 4 * 3;
    tickNanos =
        TimeUnit.MILLISECONDS.toNanos(
            Math.max(1, Math.min(MAX_TICK_MILLIS, config.heartbeatInterval().toMillis() / 10)));
    provenAt = nanos.getAsLong() - lease;
    nextBeat = nanos.getAsLong();
    thread = new Thread(this::run, "rabia-leader-" + name);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  long id() {
    return id;
  }

  LeaderView view() {
    return view;
  }

  boolean isFresh() {
    return nanos.getAsLong() - provenAt < lease;
  }

  LeaderElection election(String election, LeaderElection.Rules rules) {
    return elections.computeIfAbsent(election, n -> new LeaderElection(this, n, rules));
  }

  // ---- what callers want

  synchronized void campaign(LeaderElection election) {
    if (closed) {
      throw new RabiaException.Closed("the leader manager is closed");
    }
    if (!election.campaigning) {
      election.campaigning = true;
      election.wonTerm = 0;
    }
    notifyAll();
  }

  CompletableFuture<Void> withdraw(LeaderElection election) {
    synchronized (this) {
      election.campaigning = false;
      election.withdrawing = true;
      view.election(election.name())
          .filter(e -> e.leader() == id)
          .ifPresent(e -> resign(election, e.term()));
      resign(election, election.leadingTerm);
      notifyAll();
    }
    return sendWithdrawal(election);
  }

  private static void resign(LeaderElection election, long term) {
    election.resignedTerm = Math.max(election.resignedTerm, term);
    election.leadingTerm = 0;
  }

  CompletableFuture<Long> trigger(String election) {
    return send(new LeaderCommand.Trigger(election))
        .thenApply(
            result -> {
              if (result instanceof LeaderResult.Done done) {
                return done.term();
              }
              throw new RabiaException.Unavailable("rejected: " + result);
            });
  }

  synchronized boolean awaitLeadership(LeaderElection election, Duration timeout)
      throws InterruptedException {
    long deadline = nanos.getAsLong() + timeout.toNanos();
    while (!election.isLeader() && !closed) {
      long left = deadline - nanos.getAsLong();
      if (left <= 0) {
        return false;
      }
      TimeUnit.NANOSECONDS.timedWait(this, Math.min(left, tickNanos));
    }
    return election.isLeader();
  }

  Submitter fenced(String other, byte[] token) {
    String fence = way.part();
    if (fence == null) {
      throw new IllegalStateException("leadership is no part of a composite state machine here");
    }
    return CompositeStateMachine.fenced(way.composite(), other, fence, token);
  }

  /** Ends the session; waits for that as long as a heartbeat may take. */
  void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      elections.values().forEach(election -> resign(election, Long.MAX_VALUE));
      notifyAll();
    }
    send(new LeaderCommand.Leave(id))
        .handle((result, failure) -> result)
        .completeOnTimeout(null, config.heartbeatInterval().toMillis(), TimeUnit.MILLISECONDS)
        .join();
  }

  // ---- the thread

  private void run() {
    while (!closed) {
      try {
        step();
        synchronized (this) {
          if (!closed) {
            TimeUnit.NANOSECONDS.timedWait(this, tickNanos);
          }
        }
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        LOG.warn("Leadership of {} met a failure", name, e);
      }
    }
  }

  /** One tick: sends what is due, and shows the state to the observer. */
  void step() {
    long now = nanos.getAsLong();
    if (mustBeat(now)) {
      beat(now);
    }
    if (mustPoll()) {
      poll();
    }
    for (LeaderElection election : elections.values()) {
      if (mustSendWithdrawal(election)) {
        sendWithdrawal(election);
      } else if (mustSendCampaign(election)) {
        sendCampaign(election);
      }
    }
    observer.accept(view);
  }

  private synchronized boolean mustBeat(long now) {
    boolean must = !beating && now - nextBeat >= 0;
    beating |= must;
    return must;
  }

  private synchronized boolean mustPoll() {
    boolean must = !polling;
    polling = true;
    return must;
  }

  private synchronized boolean mustSendWithdrawal(LeaderElection election) {
    return election.withdrawing && !election.inFlight;
  }

  private synchronized boolean mustSendCampaign(LeaderElection election) {
    return joined && election.campaigning && !election.entered && !election.inFlight;
  }

  private CompletableFuture<LeaderResult> send(LeaderCommand command) {
    return submitter
        .submit(Command.of(LeaderCodec.encode(command)), config.leaderTimeout())
        .thenApply(LeaderCodec::decodeResult);
  }

  private void beat(long now) {
    LeaderCommand beat =
        new LeaderCommand.Beat(
            id, name, node, config.leaderTimeout().toNanos(), Math.max(0, responseMicros));
    send(beat).whenComplete((result, failure) -> beaten(result, now));
  }

  /**
   * The terms come before the proof: who was paused may not take the proof of a heartbeat that was
   * sent afterwards for one of a term that ended meanwhile.
   */
  private synchronized void beaten(@Nullable LeaderResult result, long sentAt) {
    long now = nanos.getAsLong();
    beating = false;
    if (!(result instanceof LeaderResult.Beaten beaten)) {
      nextBeat = now + config.heartbeatInterval().toNanos() / 4;
      return;
    }
    nextBeat = sentAt + config.heartbeatInterval().toNanos();
    responseMicros = (int) Math.min(Integer.MAX_VALUE, (now - sentAt) / 1000);
    if (beaten.fresh()) {
      elections.values().forEach(election -> election.entered = false);
    }
    joined = true;
    if (beaten.version() >= version) {
      version = beaten.version();
      for (LeaderElection election : elections.values()) {
        lead(election, beaten.terms().getOrDefault(election.name(), 0L));
      }
    }
    provenAt = Math.max(provenAt, sentAt);
    notifyAll();
  }

  private void lead(LeaderElection election, long term) {
    boolean lost = election.wonTerm != 0 && term != election.wonTerm;
    if (lost && election.rules().once() && election.campaigning) {
      election.campaigning = false;
      election.withdrawing = true;
    }
    boolean leads = election.campaigning && term > election.resignedTerm;
    if (leads && election.wonTerm == 0) {
      election.wonTerm = term;
    }
    election.leadingTerm = leads ? term : 0;
  }

  private void poll() {
    submitter
        .read(new byte[0], ReadConsistency.LOCAL, config.heartbeatInterval())
        .thenApply(bytes -> LeaderCodec.decodeView(ByteBuffer.wrap(bytes)))
        .whenComplete((read, failure) -> polled(read));
  }

  private synchronized void polled(@Nullable LeaderView read) {
    polling = false;
    if (read == null || read.version() < version) {
      return;
    }
    view = read;
    version = read.version();
    for (LeaderElection election : elections.values()) {
      LeaderView.Election seen = read.election(election.name()).orElse(null);
      lead(election, seen != null && seen.leader() == id ? seen.term() : 0);
      if (!election.inFlight) {
        election.entered =
            seen != null && seen.candidates().stream().anyMatch(c -> c.session() == id);
        election.withdrawing |= election.entered && !election.campaigning;
      }
    }
    notifyAll();
  }

  private void sendCampaign(LeaderElection election) {
    LeaderElection.Rules rules = election.rules();
    LeaderCommand campaign =
        new LeaderCommand.Campaign(
            id, election.name(), rules.priority(), rules.minHealthy(), rules.autoFailover());
    sending(election);
    send(campaign).whenComplete((result, failure) -> campaigned(election, result));
  }

  private synchronized void sending(LeaderElection election) {
    election.inFlight = true;
  }

  private synchronized void campaigned(LeaderElection election, @Nullable LeaderResult result) {
    election.inFlight = false;
    if (result instanceof LeaderResult.Done done) {
      election.entered = true;
      if (done.version() >= version) {
        version = done.version();
        lead(election, done.term());
      }
    } else if (result instanceof LeaderResult.Rejected rejected) {
      LOG.debug("{} cannot be a candidate of {}: {}", name, election.name(), rejected.reason());
      joined &= rejected.reason() != LeaderResult.Reason.NO_SESSION;
    }
    notifyAll();
  }

  private CompletableFuture<Void> sendWithdrawal(LeaderElection election) {
    sending(election);
    return send(new LeaderCommand.Withdraw(id, election.name()))
        .whenComplete((result, failure) -> withdrawn(election, result))
        .thenApply(result -> null);
  }

  private synchronized void withdrawn(LeaderElection election, @Nullable LeaderResult result) {
    election.inFlight = false;
    if (result != null) {
      election.withdrawing = false;
      election.entered = false;
    }
    notifyAll();
  }

  @Override
  public String toString() {
    return "LeaderSession[" + name + ", " + Objects.toString(way.part()) + "]";
  }
}
