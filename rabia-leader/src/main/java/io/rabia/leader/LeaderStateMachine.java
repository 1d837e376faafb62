package io.rabia.leader;

import io.rabia.core.RabiaException;
import io.rabia.engine.Fence;
import io.rabia.leader.LeaderView.Candidate;
import io.rabia.leader.LeaderView.Election;
import io.rabia.leader.LeaderView.Left;
import io.rabia.leader.LeaderView.Session;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The replicated state behind {@link LeaderManager}: which processes live, who wants to lead what,
 * and who does. Called by one thread, as every state machine; alone in an engine, or a part of a
 * {@link io.rabia.engine.CompositeStateMachine}, where it is the fence for the others.
 *
 * <p>At most one leader per term, ever: terms are numbers from one counter, which is state and only
 * grows, and a number is given out once, to one session. Terms of one election therefore rise, but
 * not by one.
 *
 * <p>Time is log time: a session is over when it has been without a heartbeat for more than its
 * timeout of it. That is noticed before anything else is done with a command, so every replica ends
 * it at the same place of the log. Of the log time between two commands no more than half of the
 * timeout counts ({@link Session#idle}): a clock that leaps, or a log that stood still, ends
 * nobody's session who sends heartbeats as often as that.
 */
public final class LeaderStateMachine implements Fence {
  static final int MAX_SESSIONS = 1024;
  static final int MAX_ELECTIONS = 4096;
  static final int MAX_CANDIDATES = 8192;
  private static final byte[] NOTHING_NEWER = {};

  private static final Comparator<Candidate> BEST =
      Comparator.comparingInt(Candidate::priority).reversed().thenComparingLong(Candidate::arrival);

  private final TreeMap<Long, Session> sessions = new TreeMap<>();
  private final TreeMap<Long, Left> left = new TreeMap<>();
  private final TreeMap<String, Election> elections = new TreeMap<>();
  private long version;
  private long logTime;
  private long lastTerm;
  private long lastArrival;

  @Override
  public byte[] apply(long slot, long time, ByteBuffer command) {
    LeaderCommand decoded;
    try {
      decoded = LeaderCodec.decodeCommand(command);
    } catch (RabiaException.Serialization e) {
      return LeaderCodec.encode(new LeaderResult.Rejected(LeaderResult.Reason.MALFORMED));
    }
    return LeaderCodec.encode(execute(time, decoded));
  }

  LeaderResult execute(long time, LeaderCommand command) {
    version++;
    pass(time - logTime);
    logTime = Math.max(logTime, time);
    LeaderResult result;
    if (isLate(command)) {
      result = new LeaderResult.Rejected(LeaderResult.Reason.LATE);
    } else {
      sessions.computeIfPresent(command.session(), (id, session) -> session.at(command.number()));
      result = executeNow(command);
    }
    electEverywhere();
    return result instanceof LeaderResult.Done ? done(command) : beaten(command, result);
  }

  private void pass(long elapsed) {
    sessions.replaceAll((id, session) -> session.after(elapsed));
    sessions.values().stream().filter(Session::isOver).toList().forEach(s -> end(s, true));
    left.replaceAll((id, gone) -> gone.after(elapsed));
    left.values().removeIf(Left::isOver);
  }

  /**
   * A command may be applied long after its sender gave it up, and sent others: a withdrawal from
   * an earlier candidacy must not end the next one, and no heartbeat brings back who has left.
   */
  private boolean isLate(LeaderCommand command) {
    Session session = sessions.get(command.session());
    return left.containsKey(command.session())
        || session != null && command.number() <= session.number();
  }

  private LeaderResult executeNow(LeaderCommand command) {
    if (command instanceof LeaderCommand.Beat beat) {
      return beat(beat);
    }
    if (command instanceof LeaderCommand.Campaign campaign) {
      return campaign(campaign);
    }
    if (command instanceof LeaderCommand.Trigger trigger) {
      return trigger(trigger.election());
    }
    if (command instanceof LeaderCommand.Withdraw withdraw) {
      elections.computeIfPresent(
          withdraw.election(), (name, election) -> election.without(withdraw.session()));
    } else if (command instanceof LeaderCommand.Leave leave) {
      leave(leave);
    }
    return new LeaderResult.Done(version, 0);
  }

  /** With the term that is in force after everybody who can be was elected. */
  private LeaderResult done(LeaderCommand command) {
    long term = 0;
    if (command instanceof LeaderCommand.Campaign campaign) {
      Election election = elections.get(campaign.election());
      term = election != null && election.leader() == campaign.session() ? election.term() : 0;
    } else if (command instanceof LeaderCommand.Trigger trigger) {
      Election election = elections.get(trigger.election());
      term = election != null && election.leader() != 0 ? election.term() : 0;
    }
    return new LeaderResult.Done(version, term);
  }

  private LeaderResult beaten(LeaderCommand command, LeaderResult result) {
    if (!(command instanceof LeaderCommand.Beat beat)
        || !(result instanceof LeaderResult.Beaten beaten)) {
      return result;
    }
    Map<String, Long> terms = new TreeMap<>();
    for (Election election : elections.values()) {
      if (election.leader() == beat.session()) {
        terms.put(election.name(), election.term());
      }
    }
    return new LeaderResult.Beaten(beaten.fresh(), version, terms);
  }

  private LeaderResult beat(LeaderCommand.Beat beat) {
    Session before = sessions.get(beat.session());
    if (before == null && sessions.size() >= MAX_SESSIONS) {
      return new LeaderResult.Rejected(LeaderResult.Reason.TOO_MANY);
    }
    long beats = before == null ? 1 : before.beats() + 1;
    sessions.put(
        beat.session(),
        new Session(
            beat.session(),
            beat.number(),
            beat.name(),
            beat.node(),
            beat.timeout(),
            0,
            beats,
            beat.responseMicros()));
    return new LeaderResult.Beaten(before == null, version, Map.of());
  }

  private void leave(LeaderCommand.Leave leave) {
    Optional.ofNullable(sessions.get(leave.session())).ifPresent(session -> end(session, false));
    if (left.size() < MAX_SESSIONS) {
      left.put(leave.session(), new Left(leave.session(), leave.timeout(), 0));
    }
  }

  /** Who leads when its session is over is deposed; who ends it by itself has resigned. */
  private void end(Session session, boolean deposed) {
    sessions.remove(session.id());
    elections.replaceAll(
        (name, election) -> {
          Election rest = election.without(session.id());
          boolean led = election.leader() == session.id();
          boolean held = rest.held() || led && deposed && !rest.autoFailover();
          return rest.with(rest.leader(), held, rest.candidates());
        });
  }

  private LeaderResult campaign(LeaderCommand.Campaign campaign) {
    if (!sessions.containsKey(campaign.session())) {
      return new LeaderResult.Rejected(LeaderResult.Reason.NO_SESSION);
    }
    Election before = elections.get(campaign.election());
    List<Candidate> candidates = new ArrayList<>(before == null ? List.of() : before.candidates());
    Optional<Candidate> old =
        candidates.stream().filter(c -> c.session() == campaign.session()).findFirst();
    if (before == null && !hasRoomForAnElection() || old.isEmpty() && !hasRoomForACandidate()) {
      return new LeaderResult.Rejected(LeaderResult.Reason.TOO_MANY);
    }
    old.ifPresent(candidates::remove);
    boolean asksForNone = campaign.minHealthy() == 0 && !candidates.isEmpty() && before != null;
    int minHealthy = asksForNone ? before.minHealthy() : campaign.minHealthy();
    long arrival = old.isPresent() ? old.get().arrival() : ++lastArrival;
    candidates.add(new Candidate(campaign.session(), campaign.priority(), arrival));
    elections.put(
        campaign.election(),
        new Election(
            campaign.election(),
            before == null ? 0 : before.term(),
            before == null ? 0 : before.leader(),
            before != null && before.held(),
            minHealthy,
            campaign.autoFailover(),
            candidates));
    return new LeaderResult.Done(version, 0);
  }

  /** An election that is held back and that nobody stands for gives way, the oldest first. */
  private boolean hasRoomForAnElection() {
    if (elections.size() >= MAX_ELECTIONS) {
      elections.values().stream()
          .filter(election -> election.candidates().isEmpty())
          .min(Comparator.comparingLong(Election::term))
          .ifPresent(oldest -> elections.remove(oldest.name()));
    }
    return elections.size() < MAX_ELECTIONS;
  }

  private boolean hasRoomForACandidate() {
    return elections.values().stream().mapToInt(e -> e.candidates().size()).sum() < MAX_CANDIDATES;
  }

  private LeaderResult trigger(String name) {
    Election election = elections.get(name);
    if (election != null && !enoughLive(election)) {
      return new LeaderResult.Rejected(LeaderResult.Reason.TOO_FEW_HEALTHY);
    }
    if (election != null) {
      elections.put(name, election.with(0, false, election.candidates()));
    }
    return new LeaderResult.Done(version, 0);
  }

  /** Gives every election that may have one a leader, and forgets those that are about nothing. */
  private void electEverywhere() {
    elections.values().removeIf(e -> e.candidates().isEmpty() && !e.held());
    elections.replaceAll((name, election) -> elect(election));
  }

  private Election elect(Election election) {
    if (election.leader() != 0 || election.held() || !enoughLive(election)) {
      return election;
    }
    return election.candidates().stream()
        .min(BEST)
        .map(best -> election.ledBy(best.session(), ++lastTerm))
        .orElse(election);
  }

  /** A process that was started again may have two sessions, until the older one is over. */
  private boolean enoughLive(Election election) {
    int needed = election.minHealthy();
    return sessions.size() >= needed
        && (needed <= 1
            || sessions.values().stream().map(Session::name).distinct().count() >= needed);
  }

  /** A token of {@link LeaderCodec#token}: valid while the leader of that term leads. */
  @Override
  public boolean admits(long time, ByteBuffer token) {
    LeaderCodec.Token decoded = LeaderCodec.decodeToken(token);
    Election election = elections.get(decoded.election());
    if (election == null || election.leader() == 0 || election.term() != decoded.term()) {
      return false;
    }
    Session leader = Objects.requireNonNull(sessions.get(election.leader()));
    return !leader.after(time - logTime).isOver();
  }

  LeaderView view() {
    return new LeaderView(
        version,
        logTime,
        lastTerm,
        lastArrival,
        List.copyOf(sessions.values()),
        List.copyOf(left.values()),
        List.copyOf(elections.values()));
  }

  /**
   * The whole state, less than 2 MiB of it; nothing when it is not newer than the version that is
   * asked with.
   */
  @Override
  public byte[] query(ByteBuffer query) {
    boolean known = query.remaining() == Long.BYTES && query.getLong() >= version;
    return known ? NOTHING_NEWER : LeaderCodec.encode(view());
  }

  @Override
  public void snapshot(OutputStream target) throws IOException {
    target.write(LeaderCodec.encode(view()));
  }

  /** The state is unchanged when this throws. */
  @Override
  public void restore(InputStream source) throws IOException {
    LeaderView restored;
    try {
      restored = LeaderCodec.decodeView(ByteBuffer.wrap(source.readAllBytes()));
    } catch (RabiaException.Serialization e) {
      throw new IOException("unreadable snapshot", e);
    }
    version = restored.version();
    logTime = restored.logTime();
    lastTerm = restored.lastTerm();
    lastArrival = restored.lastArrival();
    sessions.clear();
    restored.sessions().forEach(session -> sessions.put(session.id(), session));
    left.clear();
    restored.left().forEach(gone -> left.put(gone.id(), gone));
    elections.clear();
    restored.elections().forEach(election -> elections.put(election.name(), election));
  }

  @Override
  public long stateHash() {
    long hash = 0xCBF29CE484222325L;
    for (byte b : LeaderCodec.encode(view())) {
      hash = (hash ^ (b & 0xFF)) * 0x100000001B3L;
    }
    return hash ^ (hash >>> 32);
  }
}
