package io.rabia.leader;

import io.rabia.core.NodeId;
import io.rabia.core.Quorum;
import io.rabia.core.RabiaException;
import io.rabia.core.Submitter;
import io.rabia.engine.ClusterView;
import io.rabia.engine.RabiaEngine;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The protocol itself has no leader: this elects one among processes, for applications that want
 * one, by commands in the replicated log. Thread-safe. The engine or client stays the caller's, and
 * is to be closed after this.
 *
 * <p>There is at most one leader per term, ever. But no process can know that it leads at the
 * moment that it acts: it may be paused between asking and acting, and another one may lead by
 * then. So {@link #isLeader} is advice, good for doing work in one place rather than in two; what
 * must be done by one alone has to carry the term as a token, and be refused by whoever executes it
 * when a higher one was given out. {@link LeaderElection#fenced(String)} does that for everything
 * in the same log. An act that began before a pause, on anything else, is stopped by its token
 * only.
 *
 * <p>A process leads while its heartbeats are applied. Time is the log's own time, which the
 * fastest member's monotonic clock drives, but of the time between two commands of leadership no
 * more than half of a process' {@link LeaderConfig#leaderTimeout} counts. So a clock that leaps, or
 * a log that stood still for want of a quorum, deposes nobody whose heartbeats go on; a clock that
 * runs too fast may; none makes two leaders of one term. And where hardly any heartbeats are
 * applied, by which time could pass, a dead process stays for up to three of them. Of every process
 * there should be one manager.
 *
 * <p>Answers come on the threads that the engine or client completes futures on. An application
 * that blocks those in callbacks of its own keeps heartbeats from being answered, and leads no
 * more: it should hand such work to threads of its own, or give the engine an executor of many.
 */
public final class LeaderManager implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderManager.class);

  /** The election that the manager itself stands for. */
  public static final String DEFAULT_ELECTION = "leader";

  /** What the names of elections behind locks begin with; others may not. */
  private static final String LOCKS = "lock/";

  private final LeaderConfig config;
  private final @Nullable RabiaEngine engine;
  private final LeaderNotificationBus bus = new LeaderNotificationBus();
  private final HealthMonitor health;
  private final TopologyManager topology;
  private final ElectionWatch watch;
  private final LeaderSession session;
  private final LeaderElection main;
  private final Map<String, LeaderLock> locks = new ConcurrentHashMap<>();
  private final AtomicBoolean asking = new AtomicBoolean();

  private LeaderManager(
      LeaderSession.Way way, @Nullable RabiaEngine engine, String name, LeaderConfig config) {
    this.config = config;
    this.engine = engine;
    NodeId node = engine == null ? null : engine.id();
    health = new HealthMonitor(config);
    topology = new TopologyManager(node, bus::publish);
    watch = new ElectionWatch(config.electionTimeout(), bus::publish);
    session =
        new LeaderSession(
            way,
            name,
            node == null ? 0 : node.value(),
            config,
            this::observe,
            System::nanoTime,
            drawId());
    main = election(DEFAULT_ELECTION);
  }

  /** For an engine whose state machine is a {@link LeaderStateMachine}. */
  public static LeaderManager on(RabiaEngine engine, LeaderConfig config) {
    return on(engine, null, config);
  }

  /**
   * For an engine with a {@link io.rabia.engine.CompositeStateMachine}.
   *
   * @param part the name of the {@link LeaderStateMachine} in it; null when it is all there is
   */
  public static LeaderManager on(RabiaEngine engine, @Nullable String part, LeaderConfig config) {
    LeaderManager manager =
        new LeaderManager(
            new LeaderSession.Way(engine, part), engine, "node-" + engine.id(), config);
    manager.session.quorum(LeaderSession.UNKNOWN);
    engine.addListener(manager.topology);
    manager.session.start();
    return manager;
  }

  /**
   * For a process that is no member, through a client. Its events are those of the log; it has no
   * connections to members to tell of.
   *
   * @param part as for an engine
   * @param name of this process, unique among all that take part, 1 to 255 bytes
   */
  public static LeaderManager on(
      Submitter client, @Nullable String part, String name, LeaderConfig config) {
    LeaderManager manager =
        new LeaderManager(new LeaderSession.Way(client, part), null, name, config);
    manager.session.start();
    return manager;
  }

  private static long drawId() {
    long drawn = new SecureRandom().nextLong();
    return drawn == 0 ? 1 : drawn;
  }

  private void observe(LeaderView view) {
    long now = System.nanoTime();
    watch.update(view, now);
    health.update(view, now, bus::publish);
    if (engine != null) {
      topology.update(view, DEFAULT_ELECTION);
      int quorum = topology.topology().quorum();
      if (quorum > 0) {
        session.quorum(quorum);
      } else if (asking.compareAndSet(false, true)) {
        engine.view(config.leaderTimeout()).whenComplete((members, failure) -> begin(members));
      }
    }
  }

  /** The cluster may not be formed yet: then it is asked again. */
  private void begin(@Nullable ClusterView members) {
    if (members != null && topology.begin(members)) {
      config
          .warnings(Quorum.size(members.members().size()))
          .forEach(warning -> LOG.warn("{}", warning));
    }
    asking.set(false);
  }

  // ---- elections

  /**
   * An election by name, with the rules of the configuration; the same object for a name.
   *
   * @throws RabiaException.Validation for a name that is not of 1 to 255 bytes, or begins with
   *     "lock/": those are of {@link #lock}
   */
  public LeaderElection election(String name) {
    if (name.startsWith(LOCKS)) {
      throw new RabiaException.Validation("elections called " + LOCKS + "... are those of locks");
    }
    return session.election(
        name,
        new LeaderElection.Rules(
            config.leadershipPriority(), config.minHealthyNodes(), config.autoFailover(), false));
  }

  /** {@link LeaderElection#campaign} in {@link #DEFAULT_ELECTION}, and so on. */
  public void campaign() {
    main.campaign();
  }

  public boolean isLeader() {
    return main.isLeader();
  }

  public Optional<Leader> leader() {
    return main.leader();
  }

  public long term() {
    return main.term();
  }

  public OptionalLong token() {
    return main.token();
  }

  public CompletableFuture<Void> stepDown() {
    return main.stepDown();
  }

  public CompletableFuture<Long> triggerElection() {
    return main.triggerElection();
  }

  /** {@link LeaderElection#fenced(String)} of {@link #DEFAULT_ELECTION}. */
  public Submitter fenced(String part) {
    return main.fenced(part);
  }

  /** {@link LeaderElection#fenced(String, long)} of {@link #DEFAULT_ELECTION}. */
  public Submitter fenced(String part, long token) {
    return main.fenced(part, token);
  }

  /** A lock by name; the same object for a name. */
  public LeaderLock lock(String name) {
    return locks.computeIfAbsent(
        name,
        n ->
            new LeaderLock(
                session.election(LOCKS + n, new LeaderElection.Rules(0, 1, true, true))));
  }

  /** A latch that opens when this process leads the election. */
  public LeaderLatch latch(String election) {
    return new LeaderLatch(election(election));
  }

  // ---- what happens

  public LeaderNotificationBus bus() {
    return bus;
  }

  public HealthMonitor health() {
    return health;
  }

  public TopologyManager topology() {
    return topology;
  }

  /** The replicated state as this process last saw it. */
  public LeaderView view() {
    return session.view();
  }

  /** Leads nothing from now on, tells the others so if it can, and ends the subscriptions. */
  @Override
  public void close() {
    session.close();
    if (engine != null) {
      engine.removeListener(topology);
    }
    bus.close();
  }
}
