package io.rabia.leader;

import io.rabia.core.RabiaException;
import io.rabia.core.Submitter;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
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
   * @param minHealthy so many processes must live for somebody to be elected; 0 for a quorum
   * @param once who has led and does so no more is no candidate any longer
   */
  record Rules(int priority, int minHealthy, boolean autoFailover, boolean once) {}

  // Guarded by the session, but for the reads of leadingTerm.
  boolean campaigning;
  int latches;
  boolean entered;
  int enteredWith;
  boolean withdrawing;
  long resignedTerm;

  /** Names the command that is not answered yet; 0 for none. */
  long sending;

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
   * that was applied was sent, by the monotonic clock of the system; so the first call that starts
   * after a longer pause of the process is false. (A pause of the machine, suspended or a snapshot
   * of a virtual one, is one in which that clock may stand still: then it may be true, until the
   * next heartbeat is answered.) An act that began before a pause is not stopped by this, only by
   * its token.
   */
  public boolean isLeader() {
    return token().isPresent();
  }

  /**
   * The term in which this process leads, as far as it can know ({@link #isLeader}): its fencing
   * token. Never another process' term, and higher than those of all who led before. Empty when it
   * does not lead.
   */
  public OptionalLong token() {
    // Answers write the terms before the proof: who sees a proof sees the terms of that heartbeat,
    // or later ones. The other way round a term from before a pause would meet a proof from after.
    boolean fresh = session.isFresh();
    long term = leadingTerm;
    return fresh && term != 0 ? OptionalLong.of(term) : OptionalLong.empty();
  }

  /** This process, if it leads ({@link #isLeader}); else who led when it last saw. */
  public Optional<Leader> leader() {
    if (isLeader()) {
      return Optional.of(session.self());
    }
    LeaderView view = session.view();
    return view.election(name).flatMap(e -> view.session(e.leader())).map(Leader::of);
  }

  /**
   * The last term that this process saw of this election, its own or another's, 0 for none. Of one
   * election terms only rise. To be shown, not to be acted with: that is {@link #token}.
   */
  public long term() {
    long own = leadingTerm;
    return Math.max(own, session.view().election(name).map(LeaderView.Election::term).orElse(0L));
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
    return awaitToken(timeout).isPresent();
  }

  OptionalLong awaitToken(Duration timeout) throws InterruptedException {
    return session.awaitLeadership(this, timeout);
  }

  void open() {
    session.open(this);
  }

  void close() {
    session.close(this);
  }

  /**
   * {@link #fenced(String, long)} with the present {@link #token}. Whoever leads again asks anew.
   *
   * @throws RabiaException.Fenced when this process does not lead
   */
  public Submitter fenced(String part) {
    return fenced(
        part,
        token().orElseThrow(() -> new RabiaException.Fenced("this process does not lead " + name)));
  }

  /**
   * The way to another part of the same composite on which commands are executed only while the
   * leader of this term leads: after that they fail with {@link RabiaException.Fenced}, whenever
   * they were sent. Reads are not fenced.
   *
   * @param part its name in the {@link io.rabia.engine.CompositeStateMachine}
   * @param token as {@link #token} or {@link LeaderLock#acquire} gave it
   */
  public Submitter fenced(String part, long token) {
    return session.fenced(part, LeaderCodec.token(name, token));
  }
}
