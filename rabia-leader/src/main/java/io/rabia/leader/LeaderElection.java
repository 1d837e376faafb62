package io.rabia.leader;

import io.rabia.core.RabiaException;
import io.rabia.core.Submitter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One election by name, as this process takes part in it. Thread-safe; nothing blocks but {@link
 * #awaitLeadership}. See {@link LeaderManager} for what leading means.
 */
public final class LeaderElection {
  private final LeaderSession session;
  private final String name;
  private final Rules rules;

  /**
   * What a candidacy says.
   *
   * @param once who has led and does so no more is no candidate any longer
   */
  record Rules(int priority, int minHealthy, boolean autoFailover, boolean once) {}

  // Guarded by the session, but for the reads of leadingTerm.
  boolean campaigning;
  boolean entered;
  boolean withdrawing;
  boolean inFlight;
  long resignedTerm;

  /** The first term since the last campaign. */
  long wonTerm;

  volatile long leadingTerm;

  LeaderElection(LeaderSession session, String name, Rules rules) {
    this.session = session;
    this.name = LeaderCodec.checkText(name);
    this.rules = rules;
  }

  public String name() {
    return name;
  }

  Rules rules() {
    return rules;
  }

  /** From now on this process wants to lead, over failures and lost sessions. Idempotent. */
  public void campaign() {
    session.campaign(this);
  }

  /**
   * Does this process lead, as far as it can know? False at once when it could not send a heartbeat
   * for three quarters of {@link LeaderConfig#leaderTimeout}, measured from before the last one
   * that was applied was sent; so the first call that starts after a longer pause of the process is
   * false. An act that began before a pause is not stopped by this, only by its token.
   */
  public boolean isLeader() {
    return leadingTerm != 0 && session.isFresh();
  }

  /** Who led when this process last saw. */
  public Optional<Leader> leader() {
    LeaderView view = session.view();
    return view.election(name).flatMap(e -> view.session(e.leader())).map(Leader::of);
  }

  /**
   * The term in which this process leads, else the last one that it saw of this election, 0 for
   * none. Of one election terms only rise. It is the fencing token.
   */
  public long term() {
    long own = leadingTerm;
    return own != 0 ? own : session.view().election(name).map(LeaderView.Election::term).orElse(0L);
  }

  /**
   * Leads no more at once, as far as this process goes, and wants to lead no more until the next
   * {@link #campaign}.
   *
   * @return completes when that is applied; when it fails it is tried again, until it is
   */
  public CompletableFuture<Void> stepDown() {
    return session.withdraw(this);
  }

  /**
   * Has the best candidate elected now, in a new term, whoever leads, and lets an election go on
   * that was held back since {@link LeaderConfig#autoFailover} is false.
   *
   * @return completes with the new term, 0 when there is no candidate; fails with {@link
   *     RabiaException.Unavailable} when fewer processes live than the election asks for
   */
  public CompletableFuture<Long> triggerElection() {
    return session.trigger(name);
  }

  /**
   * Waits until this process leads.
   *
   * @return whether it does
   */
  public boolean awaitLeadership(Duration timeout) throws InterruptedException {
    return session.awaitLeadership(this, timeout);
  }

  /**
   * The way to another part of the same composite on which commands are executed only while this
   * process leads in its present term: after that they fail with {@link RabiaException.Fenced},
   * whenever they were sent. Whoever leads again asks anew.
   *
   * @param part its name in the {@link io.rabia.engine.CompositeStateMachine}
   * @throws RabiaException.Fenced when this process does not lead
   */
  public Submitter fenced(String part) {
    long term = leadingTerm;
    if (term == 0 || !session.isFresh()) {
      throw new RabiaException.Fenced("this process does not lead " + name);
    }
    return session.fenced(part, LeaderCodec.token(name, term));
  }
}
