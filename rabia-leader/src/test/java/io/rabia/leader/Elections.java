package io.rabia.leader;

import io.rabia.core.ClusterId;
import io.rabia.core.Command;
import io.rabia.core.Quorum;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.engine.CompositeStateMachine;
import io.rabia.testing.sim.Guest;
import io.rabia.testing.sim.SimOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A candidate in every process of a simulation, of one election. Who leads writes its term, with
 * its token, and goes on with both until they are refused. One thread.
 */
final class Elections implements Guest {
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final int STEPS_PER_WRITE = 5;

  private final LeaderConfig config;
  private final int quorum;
  private final long lease;
  private final Random ids;
  private final Map<Integer, Candidate> candidates = new TreeMap<>();
  private final Map<Long, Long> owners = new HashMap<>();
  private final TreeMap<Long, Long> lastTerms = new TreeMap<>();
  private @Nullable String violation;
  private @Nullable String together;
  private long written;
  private long writtenBeforeHealing = -1;
  private long refused;
  private long stoodStill;

  Elections(SimOptions options, LeaderConfig config) {
    this.config = config;
    quorum = Quorum.size(options.nodes());
    lease = config.leaderTimeout().toNanos() / 4 * 3;
    ids = new Random(options.seed());
  }

  /** The process of one life, on its way to the log. */
  private final class Candidate implements Submitter {
    private final Submitter log;
    private final LongSupplier nanos;
    private final LeaderSession session;
    private final LeaderElection election;
    private long lastStep;
    private int steps;
    private @Nullable Submitter fenced;
    private long term;
    private boolean writing;

    /** When the last thing of the session that was answered was sent. */
    private long answeredFrom;

    Candidate(int node, Submitter log, LongSupplier nanos) {
      this.log = log;
      this.nanos = nanos;
      answeredFrom = nanos.getAsLong() - lease;
      LeaderSession.Way way = new LeaderSession.Way(this, "leader");
      session =
          new LeaderSession(
              way, "node-" + node, node, config, view -> {}, nanos, ids.nextLong() | 1);
      election =
          session.election(
              LeaderManager.DEFAULT_ELECTION, new LeaderElection.Rules(100, 0, true, false));
      session.quorum(quorum);
      election.campaign();
      lastStep = nanos.getAsLong();
    }

    void step() {
      long now = nanos.getAsLong();
      if (now - lastStep >= lease) {
        stoodStill++;
        check(!election.isLeader(), this + ", although it has stood still");
      }
      check(
          !election.isLeader() || now - answeredFrom < lease,
          this + ", although nothing was answered that it sent within its time");
      lastStep = now;
      session.step();
      OptionalLong token = election.token();
      if (token.isPresent() && token.getAsLong() != term) {
        term = token.getAsLong();
        fenced = election.fenced("rising", term);
        check(
            owners.getOrDefault(term, 0L) == session.id(),
            this + ", although the term is another's");
      }
      if (fenced != null && ++steps % STEPS_PER_WRITE == 0) {
        write(fenced, term);
      }
    }

    private void write(Submitter register, long number) {
      Command command = Command.of(ByteBuffer.allocate(8).putLong(number).array());
      writing = true;
      register
          .submit(command, PATIENCE)
          .whenComplete((rest, failure) -> wrote(number, rest, failure));
      writing = false;
    }

    private void wrote(long number, byte @Nullable [] answer, @Nullable Throwable failure) {
      if (answer != null) {
        written++;
        boolean rising = ByteBuffer.wrap(answer).getLong() >= 0;
        check(rising, this + " wrote " + number + " after a higher term was written");
      } else if (failure instanceof CompletionException
          && failure.getCause() instanceof RabiaException.Fenced) {
        refused++;
        fenced = term == number ? null : fenced;
      }
    }

    @Override
    public CompletableFuture<byte[]> submit(Command command, Duration timeout) {
      CompletableFuture<byte[]> answer = log.submit(command, timeout);
      if (writing) {
        return answer;
      }
      long sent = nanos.getAsLong();
      return answer.whenComplete(
          (result, failure) -> {
            if (failure == null) {
              answeredFrom = Math.max(answeredFrom, sent);
            }
          });
    }

    @Override
    public CompletableFuture<byte[]> read(
        byte[] query, ReadConsistency consistency, Duration timeout) {
      return log.read(query, consistency, timeout);
    }

    @Override
    public CompletableFuture<Long> openSession(Duration timeout) {
      return log.openSession(timeout);
    }

    @Override
    public ClusterId clusterId() {
      return log.clusterId();
    }

    @Override
    public String toString() {
      return session.id() + " of term " + election.term() + (election.isLeader() ? ", leads" : "");
    }
  }

  private void check(boolean holds, String what) {
    if (!holds && violation == null) {
      violation = what;
    }
  }

  @Override
  public StateMachine machine(int node) {
    return CompositeStateMachine.of(
        Map.of(
            "leader", new Watched(new LeaderStateMachine(), this::seen), "rising", new Rising()));
  }

  /** At any node, in any of its lives: one leader of a term, and terms only rise along the log. */
  private void seen(LeaderView view, long slot) {
    for (LeaderView.Election election : view.elections()) {
      if (election.leader() != 0) {
        Long other = owners.putIfAbsent(election.term(), election.leader());
        check(
            other == null || other == election.leader(),
            "term " + election.term() + " is " + other + "'s and " + election.leader() + "'s");
      }
    }
    Map.Entry<Long, Long> before = lastTerms.lowerEntry(slot);
    Map.Entry<Long, Long> after = lastTerms.higherEntry(slot);
    check(
        (before == null || before.getValue() <= view.lastTerm())
            && (after == null || after.getValue() >= view.lastTerm()),
        "after slot "
            + slot
            + " term "
            + view.lastTerm()
            + ", between "
            + before
            + " and "
            + after);
    lastTerms.merge(slot, view.lastTerm(), Math::max);
  }

  @Override
  public void begins(int node, Submitter log, LongSupplier monotonic) {
    candidates.put(node, new Candidate(node + 1, log, monotonic));
  }

  @Override
  public void step(int node) {
    candidates.get(node).step();
    if (together == null && leaders() > 1) {
      together = "at once: " + candidates.values();
    }
  }

  private long leaders() {
    return candidates.values().stream().filter(c -> c.election.isLeader()).count();
  }

  @Override
  public void ends(int node) {
    candidates.remove(node);
  }

  @Override
  public @Nullable String violation() {
    return violation;
  }

  /** Somebody leads and has written since this was first asked. */
  @Override
  public boolean isLive() {
    if (writtenBeforeHealing < 0) {
      writtenBeforeHealing = written;
    }
    return written > writtenBeforeHealing && leaders() > 0;
  }

  // ---- what came of it

  /** Several that took themselves for leaders at the same time; may be when clocks differ. */
  @Nullable String together() {
    return together;
  }

  /** So many terms had a leader. */
  int terms() {
    return owners.size();
  }

  /** Writes whose token was valid. */
  long written() {
    return written;
  }

  /** Writes whose token was not. */
  long refused() {
    return refused;
  }

  /** How often a process went on after a longer time than it may lead without a heartbeat. */
  long stoodStill() {
    return stoodStill;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%d terms, %d writes, %d refused, %d times stood still %s",
        terms(),
        written,
        refused,
        stoodStill,
        candidates);
  }
}
