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
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process' side of leadership: a thread that sends heartbeats, candidacies and withdrawals,
 * repeats what failed, and looks at the state. What it sends it does not wait for; answers come on
 * the submitter's threads. Thread-safe.
 */
final class LeaderSession {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderSession.class);
  private static final long MAX_TICK_MILLIS = 100;
  private static final LeaderResult LATE = new LeaderResult.Rejected(LeaderResult.Reason.LATE);

  /**
   * How many processes an election asks for that asks for a quorum, as long as that is not known.
   */
  static final int UNKNOWN = -1;

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
  private final long interval;
  private final long patience;
  private final long tickNanos;
  private final Map<String, LeaderElection> elections = new ConcurrentHashMap<>();
  private final Thread thread;

  private volatile LeaderView view = LeaderView.EMPTY;
  private volatile long provenAt;
  private volatile boolean closed;
  private long version;
  private int quorum;
  private boolean joined;
  private boolean polling;
  private long nextPoll;
  private long nextBeat;
  private long lastBeat;
  private long lastNumber;
  private long sends;
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
    interval = config.heartbeatInterval().toNanos();
    patience = (lease - interval) / 2;
    tickNanos =
        TimeUnit.MILLISECONDS.toNanos(
            Math.max(1, Math.min(MAX_TICK_MILLIS, config.heartbeatInterval().toMillis() / 10)));
    provenAt = nanos.getAsLong() - lease;
    nextBeat = nanos.getAsLong();
    nextPoll = nextBeat;
    thread = new Thread(this::run, "rabia-leader-" + name);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  long id() {
    return id;
  }

  Leader self() {
    return Leader.of(id, name, node);
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

  /** So many processes an election asks for that asks for a quorum, from its next candidacy on. */
  synchronized void quorum(int processes) {
    if (quorum != processes) {
      quorum = processes;
      notifyAll();
    }
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

  synchronized void open(LeaderElection election) {
    campaign(election);
    election.latches++;
  }

  /** The last latch that is closed withdraws. */
  void close(LeaderElection election) {
    boolean last;
    synchronized (this) {
      election.latches--;
      last = election.latches == 0;
    }
    if (last) {
      withdraw(election);
    }
  }

  CompletableFuture<Long> trigger(String election) {
    return sendInOrder(number -> new LeaderCommand.Trigger(id, number, election), () -> true)
        .thenApply(
            result -> {
              if (result instanceof LeaderResult.Done done) {
                return done.term();
              }
              throw new RabiaException.Unavailable("rejected: " + result);
            });
  }

  /** The token is of a moment in which the process led; it may lead no more when this returns. */
  synchronized OptionalLong awaitLeadership(LeaderElection election, Duration timeout)
      throws InterruptedException {
    long deadline = nanos.getAsLong() + TimeUnit.NANOSECONDS.convert(timeout);
    OptionalLong token = election.token();
    while (token.isEmpty() && !closed) {
      long left = deadline - nanos.getAsLong();
      if (left <= 0) {
        return OptionalLong.empty();
      }
      TimeUnit.NANOSECONDS.timedWait(this, Math.min(left, tickNanos));
      token = election.token();
    }
    return token;
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
    LeaderCommand leave;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      elections.values().forEach(election -> resign(election, Long.MAX_VALUE));
      leave = new LeaderCommand.Leave(id, ++lastNumber, config.leaderTimeout().toNanos());
      notifyAll();
    }
    send(leave)
        .handle((result, failure) -> result)
        .completeOnTimeout(null, config.heartbeatInterval().toMillis(), TimeUnit.MILLISECONDS)
        .join();
  }

  // ---- the thread

  private void run() {
    try {
      while (!closed) {
        try {
          step();
        } catch (Throwable e) {
          LOG.warn("Leadership of {} met a failure", name, e);
        }
        pause();
      }
    } catch (InterruptedException e) {
      LOG.warn("Leadership of {} was interrupted: it leads no more", name);
    }
  }

  private synchronized void pause() throws InterruptedException {
    if (!closed) {
      TimeUnit.NANOSECONDS.timedWait(this, tickNanos);
    }
  }

  /** One tick: sends what is due, and shows the state to the observer. */
  void step() {
    beat();
    poll();
    for (LeaderElection election : elections.values()) {
      if (mustSendWithdrawal(election)) {
        sendWithdrawal(election);
      } else if (mustSendCampaign(election)) {
        sendCampaign(election);
      }
    }
    observer.accept(view);
  }

  private synchronized boolean mustSendWithdrawal(LeaderElection election) {
    return !closed && election.withdrawing && election.sending == 0;
  }

  private synchronized boolean mustSendCampaign(LeaderElection election) {
    int minHealthy = minHealthy(election.rules());
    return !closed
        && joined
        && election.campaigning
        && election.sending == 0
        && minHealthy != UNKNOWN
        && (!election.entered || election.enteredWith != minHealthy);
  }

  private synchronized int minHealthy(LeaderElection.Rules rules) {
    return rules.minHealthy() == 0 ? quorum : rules.minHealthy();
  }

  private CompletableFuture<LeaderResult> send(LeaderCommand command) {
    return submitter
        .submit(Command.of(LeaderCodec.encode(command)), config.leaderTimeout())
        .thenApply(LeaderCodec::decodeResult);
  }

  /**
   * What another command of this session has overtaken is sent again with the next number, while it
   * is still wanted.
   */
  private CompletableFuture<LeaderResult> sendInOrder(
      LongFunction<LeaderCommand> command, BooleanSupplier wanted) {
    return send(command.apply(nextNumber()))
        .thenCompose(
            result ->
                LATE.equals(result) && !closed && wanted.getAsBoolean()
                    ? sendInOrder(command, wanted)
                    : CompletableFuture.completedFuture(result));
  }

  private synchronized long nextNumber() {
    return ++lastNumber;
  }

  // ---- heartbeats

  /**
   * One that is not answered is followed by the next when half of what the lease leaves is over, so
   * that no single one that is lost costs it; those that come after that answer prove as much.
   */
  private void beat() {
    long now = nanos.getAsLong();
    LeaderCommand.Beat beat;
    synchronized (this) {
      if (closed || now - nextBeat < 0) {
        return;
      }
      nextBeat = now + patience;
      lastBeat = ++lastNumber;
      beat =
          new LeaderCommand.Beat(
              id, lastBeat, name, node, config.leaderTimeout().toNanos(), responseMicros);
    }
    send(beat).whenComplete((result, failure) -> beaten(result, beat.number(), now));
  }

  /**
   * The terms come before the proof: who was paused may not take the proof of a heartbeat that was
   * sent afterwards for one of a term that ended meanwhile.
   */
  private synchronized void beaten(@Nullable LeaderResult result, long number, long sentAt) {
    long now = nanos.getAsLong();
    boolean answered = result instanceof LeaderResult.Beaten;
    if (number == lastBeat) {
      nextBeat = answered ? sentAt + interval : now + Math.max(0, sentAt + interval / 4 - now);
    }
    if (!(result instanceof LeaderResult.Beaten beaten)) {
      return;
    }
    responseMicros = (int) Math.min(Integer.MAX_VALUE, Math.max(0, now - sentAt) / 1000);
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
    if (sentAt - provenAt > 0) {
      provenAt = sentAt;
    }
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

  // ---- the state

  private void poll() {
    long now = nanos.getAsLong();
    synchronized (this) {
      if (closed || polling || now - nextPoll < 0) {
        return;
      }
      polling = true;
      nextPoll = now + tickNanos;
    }
    byte[] known = ByteBuffer.allocate(Long.BYTES).putLong(view.version()).array();
    submitter
        .read(known, ReadConsistency.LOCAL, config.leaderTimeout())
        .thenApply(
            bytes -> bytes.length == 0 ? view : LeaderCodec.decodeView(ByteBuffer.wrap(bytes)))
        .whenComplete((read, failure) -> polled(read));
  }

  private synchronized void polled(@Nullable LeaderView read) {
    polling = false;
    if (read == null || read.version() < version || read.version() == view.version()) {
      return;
    }
    view = read;
    version = read.version();
    for (LeaderElection election : elections.values()) {
      LeaderView.Election seen = read.election(election.name()).orElse(null);
      lead(election, seen != null && seen.leader() == id ? seen.term() : 0);
      if (election.sending == 0) {
        election.entered =
            seen != null && seen.candidates().stream().anyMatch(c -> c.session() == id);
        election.withdrawing |= election.entered && !election.campaigning;
      }
    }
    notifyAll();
  }

  // ---- candidacies

  private void sendCampaign(LeaderElection election) {
    LeaderElection.Rules rules = election.rules();
    int minHealthy = minHealthy(rules);
    long sending = sending(election);
    sendInOrder(
            number ->
                new LeaderCommand.Campaign(
                    id,
                    number,
                    election.name(),
                    rules.priority(),
                    minHealthy,
                    rules.autoFailover()),
            () -> isLast(election, sending))
        .whenComplete((result, failure) -> campaigned(election, result, minHealthy, sending));
  }

  private synchronized void campaigned(
      LeaderElection election, @Nullable LeaderResult result, int minHealthy, long sending) {
    boolean last = sent(election, sending);
    if (result instanceof LeaderResult.Done done) {
      if (last) {
        election.entered = true;
        election.enteredWith = minHealthy;
      }
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
    long sending = sending(election);
    return sendInOrder(
            number -> new LeaderCommand.Withdraw(id, number, election.name()),
            () -> isLast(election, sending))
        .whenComplete((result, failure) -> withdrawn(election, result, sending))
        .thenApply(
            result -> {
              if (LATE.equals(result) && !closed) {
                throw new RabiaException.Unavailable("a later withdrawal is under way");
              }
              return null;
            });
  }

  private synchronized void withdrawn(
      LeaderElection election, @Nullable LeaderResult result, long sending) {
    if (sent(election, sending) && result != null) {
      election.withdrawing = false;
      election.entered = false;
    }
    notifyAll();
  }

  private synchronized long sending(LeaderElection election) {
    election.sending = ++sends;
    return election.sending;
  }

  /** Is this what was sent last? The answers to others say nothing of what is so now. */
  private synchronized boolean isLast(LeaderElection election, long sending) {
    return election.sending == sending;
  }

  private boolean sent(LeaderElection election, long sending) {
    boolean last = isLast(election, sending);
    election.sending = last ? 0 : election.sending;
    return last;
  }

  @Override
  public String toString() {
    return "LeaderSession[" + name + ", " + Objects.toString(way.part()) + "]";
  }
}
