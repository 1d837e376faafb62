package io.rabia.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.RabiaException;
import io.rabia.leader.LeaderCommand.Beat;
import io.rabia.leader.LeaderCommand.Campaign;
import io.rabia.leader.LeaderCommand.Leave;
import io.rabia.leader.LeaderCommand.Trigger;
import io.rabia.leader.LeaderCommand.Withdraw;
import io.rabia.leader.LeaderResult.Reason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class LeaderStateMachineTest {
  private static final long TIMEOUT = 3000;

  private final LeaderStateMachine machine = new LeaderStateMachine();
  private long numbers;

  private LeaderResult at(long time, LeaderCommand command) {
    byte[] result = machine.apply(time, time, ByteBuffer.wrap(LeaderCodec.encode(command)));
    return LeaderCodec.decodeResult(result);
  }

  private void join(long time, long... sessions) {
    for (long session : sessions) {
      at(time, beat(session));
    }
  }

  private Beat beat(long session) {
    return new Beat(session, ++numbers, "s" + session, (int) session, TIMEOUT, 7);
  }

  private Campaign campaign(long session, int priority) {
    return campaign(session, priority, 0, true);
  }

  private Campaign campaign(long session, int priority, int minHealthy, boolean failover) {
    return new Campaign(session, ++numbers, "e", priority, minHealthy, failover);
  }

  private Withdraw withdraw(long session) {
    return new Withdraw(session, ++numbers, "e");
  }

  private Leave leave(long session) {
    return new Leave(session, ++numbers, TIMEOUT);
  }

  private Trigger trigger(String election) {
    return new Trigger(1, ++numbers, election);
  }

  /** Commands that do nothing but let time pass. */
  private void nothing(long... times) {
    for (long time : times) {
      at(time, new Trigger(99, ++numbers, "none"));
    }
  }

  private LeaderView.Election election() {
    return machine.view().election("e").orElseThrow();
  }

  private boolean admits(long time, String election, long term) {
    return machine.admits(time, ByteBuffer.wrap(LeaderCodec.token(election, term)));
  }

  @Test
  void electsTheFirstCandidateAndTheNextWhenItsHeartbeatsStop() {
    join(0, 1, 2, 3);
    assertThat(at(0, campaign(2, 100))).isEqualTo(new LeaderResult.Done(4, 1));
    at(0, campaign(3, 100));
    at(0, campaign(1, 100));
    join(1500, 1, 3);
    join(TIMEOUT, 1);
    assertThat(election().leader()).isEqualTo(2);
    join(TIMEOUT + 1, 1);
    assertThat(election().leader()).isEqualTo(3);
    assertThat(election().term()).isEqualTo(2);
    assertThat(machine.view().session(2)).isEmpty();
  }

  @Test
  void electsByPriorityAmongThoseWhoWait() {
    join(0, 1, 2, 3);
    at(0, campaign(1, 1));
    at(0, campaign(2, 5));
    at(0, campaign(3, 9));
    assertThat(election().leader()).isEqualTo(1);
    at(1, withdraw(1));
    assertThat(election().leader()).isEqualTo(3);
    at(1, leave(3));
    assertThat(election().leader()).isEqualTo(2);
  }

  @Test
  void aTriggeredElectionTakesTheBestCandidateInANewTerm() {
    join(0, 1, 2);
    at(0, campaign(1, 1));
    at(0, campaign(2, 5));
    assertThat(at(1, trigger("e"))).isEqualTo(new LeaderResult.Done(5, 2));
    assertThat(election().leader()).isEqualTo(2);
    assertThat(at(1, trigger("none"))).isEqualTo(new LeaderResult.Done(6, 0));
  }

  @Test
  void withoutFailoverNobodyFollowsADeposedLeaderUntilAskedTo() {
    join(0, 1, 2);
    at(0, campaign(1, 1, 0, false));
    at(0, campaign(2, 1, 0, false));
    nothing(1500, TIMEOUT);
    join(TIMEOUT + 1, 3);
    join(TIMEOUT + 1, 2);
    at(TIMEOUT + 1, campaign(2, 1, 0, false));
    assertThat(election().leader()).isZero();
    assertThat(election().held()).isTrue();
    assertThat(at(TIMEOUT + 2, trigger("e"))).isInstanceOf(LeaderResult.Done.class);
    assertThat(election().leader()).isEqualTo(2);
    at(TIMEOUT + 2, campaign(3, 1, 0, false));
    at(TIMEOUT + 3, withdraw(2));
    assertThat(election().leader()).as("who resigns is followed").isEqualTo(3);
  }

  @Test
  void nobodyIsElectedWhileTooFewLive() {
    join(0, 1);
    at(0, campaign(1, 1, 2, true));
    assertThat(election().leader()).isZero();
    assertThat(at(0, trigger("e"))).isEqualTo(new LeaderResult.Rejected(Reason.TOO_FEW_HEALTHY));
    join(1, 2);
    assertThat(election().leader()).isEqualTo(1);
  }

  @Test
  void whoAsksForNoNumberTakesNothingFromWhatOthersAskFor() {
    join(0, 1);
    at(0, campaign(1, 1, 3, true));
    join(1, 2);
    at(1, campaign(2, 1, 0, true));
    assertThat(election().leader()).isZero();
    at(2, withdraw(1));
    at(2, campaign(2, 1, 0, true));
    assertThat(election().leader()).isEqualTo(2);
  }

  @Test
  void aTokenIsValidWhileItsLeaderLeads() {
    join(0, 1, 2);
    at(0, campaign(1, 1));
    at(0, campaign(2, 1));
    assertThat(admits(0, "e", 1)).isTrue();
    nothing(1500, TIMEOUT);
    assertThat(admits(TIMEOUT, "e", 1)).isTrue();
    assertThat(admits(TIMEOUT + 1, "e", 1)).as("nobody has noticed yet").isFalse();
    assertThat(admits(0, "e", 0)).isFalse();
    assertThat(admits(0, "e", 2)).isFalse();
    assertThat(admits(0, "other", 1)).isFalse();
    at(1, withdraw(1));
    assertThat(admits(1, "e", 1)).isFalse();
    assertThat(admits(1, "e", 2)).isTrue();
    at(2, leave(2));
    assertThat(admits(2, "e", 2)).isFalse();
  }

  @Test
  void aSessionThatEndedIsFreshWhenItComesBackAndIsNoCandidate() {
    join(0, 1);
    at(0, campaign(1, 1));
    assertThat(at(1, beat(1))).isEqualTo(new LeaderResult.Beaten(false, 3, Map.of("e", 1L)));
    nothing(1501, TIMEOUT + 1);
    assertThat(at(TIMEOUT + 2, beat(1))).isEqualTo(new LeaderResult.Beaten(true, 6, Map.of()));
    assertThat(machine.view().elections()).isEmpty();
    assertThat(at(TIMEOUT + 2, campaign(1, 1))).isEqualTo(new LeaderResult.Done(7, 2));
    assertThat(at(TIMEOUT + 2, campaign(9, 1)))
        .isEqualTo(new LeaderResult.Rejected(Reason.NO_SESSION));
  }

  @Test
  void sessionsAndElectionsHaveABound() {
    for (int i = 1; i <= LeaderStateMachine.MAX_SESSIONS; i++) {
      join(0, i);
    }
    assertThat(at(0, beat(5000))).isEqualTo(new LeaderResult.Rejected(Reason.TOO_MANY));
    for (int i = 1; i <= LeaderStateMachine.MAX_ELECTIONS; i++) {
      machine.execute(0, new Campaign(1, ++numbers, "e" + i, 1, 0, true));
    }
    assertThat(at(0, campaign(1, 1))).isEqualTo(new LeaderResult.Rejected(Reason.TOO_MANY));
    assertThat(machine.query(ByteBuffer.allocate(0)).length).isLessThan(2 << 20);
  }

  @Test
  void candidaciesHaveABound() {
    int each = LeaderStateMachine.MAX_CANDIDATES / LeaderStateMachine.MAX_SESSIONS;
    for (int session = 1; session <= LeaderStateMachine.MAX_SESSIONS; session++) {
      join(0, session);
      for (int i = 1; i <= each; i++) {
        machine.execute(0, new Campaign(session, ++numbers, "e" + i, 1, 0, true));
      }
    }
    assertThat(at(0, new Campaign(900, ++numbers, "more", 1, 0, true)))
        .isEqualTo(new LeaderResult.Rejected(Reason.TOO_MANY));
    assertThat(at(0, new Campaign(900, ++numbers, "e1", 9, 0, true)))
        .as("who is one already")
        .isInstanceOf(LeaderResult.Done.class);
  }

  @Test
  void anElectionHeldBackThatNobodyStandsForGivesWayToANewOne() {
    join(0, 1);
    for (int i = 1; i <= LeaderStateMachine.MAX_ELECTIONS; i++) {
      machine.execute(0, new Campaign(1, ++numbers, "held" + i, 1, 0, false));
    }
    nothing(1500, TIMEOUT, TIMEOUT + 1);
    join(TIMEOUT + 1, 2);
    assertThat(machine.view().elections()).hasSize(LeaderStateMachine.MAX_ELECTIONS);
    assertThat(at(TIMEOUT + 1, campaign(2, 1))).isInstanceOf(LeaderResult.Done.class);
    assertThat(election().leader()).isEqualTo(2);
    assertThat(machine.view().elections()).hasSize(LeaderStateMachine.MAX_ELECTIONS);
    assertThat(machine.view().election("held1")).as("the oldest").isEmpty();
  }

  @Test
  void whoKnowsTheStateIsToldThatNothingIsNewer() {
    join(0, 1);
    byte[] known = ByteBuffer.allocate(8).putLong(machine.view().version()).array();
    assertThat(machine.query(ByteBuffer.wrap(known))).isEmpty();
    join(1, 1);
    assertThat(LeaderCodec.decodeView(ByteBuffer.wrap(machine.query(ByteBuffer.wrap(known)))))
        .isEqualTo(machine.view());
  }

  /** One member's clock leaps, or the log stands still: the next command is an hour later. */
  @Test
  void anHourBetweenTwoCommandsDeposesNobodyWhoseHeartbeatsGoOn() {
    join(0, 1, 2);
    at(0, campaign(1, 1));
    at(0, campaign(2, 1));
    long time = 0;
    for (int i = 0; i < 20; i++) {
      time += TIMEOUT / 2;
      nothing(time);
      assertThat(admits(time + 3_600_000, "e", 1)).isTrue();
      time += 3_600_000;
      join(time, 2, 1);
      assertThat(election().leader()).isEqualTo(1);
    }
    assertThat(election().term()).isEqualTo(1);
    assertThat(machine.view().sessions()).hasSize(2);
  }

  @Test
  void whoIsDeadIsOverAfterThreeCommandsHoweverFarApart() {
    join(0, 1, 2);
    at(0, campaign(1, 1));
    at(0, campaign(2, 1));
    join(1_000_000, 2);
    join(2_000_000, 2);
    assertThat(election().leader()).isEqualTo(1);
    join(3_000_000, 2);
    assertThat(election().leader()).isEqualTo(2);
  }

  @Test
  void withTheDefaultsADeadLeaderIsFollowedWithinTheElectionTimeout() {
    LeaderConfig config = LeaderConfig.defaults();
    long interval = config.heartbeatInterval().toNanos();
    long timeout = config.leaderTimeout().toNanos();
    for (long offset = 0; offset < interval; offset += interval / 10) {
      LeaderStateMachine tested = new LeaderStateMachine();
      for (long session = 1; session <= 3; session++) {
        tested.execute(0, new Beat(session, ++numbers, "s" + session, 0, timeout, 0));
        tested.execute(0, new Campaign(session, ++numbers, "e", 1, 2, true));
      }
      long time = offset;
      while (tested.view().elections().get(0).leader() == 1) {
        tested.execute(time, new Beat(2, ++numbers, "s2", 0, timeout, 0));
        tested.execute(time + 1, new Beat(3, ++numbers, "s3", 0, timeout, 0));
        time += interval;
      }
      assertThat(time - interval).isLessThanOrEqualTo(config.electionTimeout().toNanos());
    }
  }

  @Test
  void aCommandThatALaterOneHasOvertakenChangesNothing() {
    join(0, 1, 2);
    Withdraw first = withdraw(1);
    Campaign before = campaign(1, 7);
    at(0, campaign(1, 1));
    at(0, campaign(2, 1));
    LeaderResult late = new LeaderResult.Rejected(Reason.LATE);
    assertThat(at(0, first)).isEqualTo(late);
    assertThat(at(0, before)).isEqualTo(late);
    assertThat(at(0, new Trigger(1, before.number(), "e"))).isEqualTo(late);
    assertThat(election().leader()).isEqualTo(1);
    assertThat(election().term()).isEqualTo(1);
    assertThat(election().candidates().get(0).priority()).isEqualTo(1);
    Withdraw again = withdraw(1);
    assertThat(at(0, again)).isInstanceOf(LeaderResult.Done.class);
    at(0, campaign(1, 1));
    assertThat(at(0, again)).as("a second copy").isEqualTo(late);
    assertThat(election().candidates()).hasSize(2);
    assertThat(at(0, withdraw(2))).as("of another session").isInstanceOf(LeaderResult.Done.class);
  }

  @Test
  void noHeartbeatBringsBackWhoHasLeftUntilItsTimeIsOver() {
    join(0, 1, 2);
    Beat beat = beat(1);
    Beat first = beat(3);
    at(0, leave(1));
    at(0, leave(3));
    assertThat(at(0, beat)).isEqualTo(new LeaderResult.Rejected(Reason.LATE));
    assertThat(at(0, first)).as("it was not there").isInstanceOf(LeaderResult.Rejected.class);
    assertThat(machine.view().sessions()).extracting(LeaderView.Session::id).containsExactly(2L);
    nothing(1500, TIMEOUT);
    assertThat(at(TIMEOUT, beat(1))).isInstanceOf(LeaderResult.Rejected.class);
    assertThat(at(TIMEOUT + 1, beat(1))).isInstanceOf(LeaderResult.Beaten.class);
    assertThat(machine.view().left()).isEmpty();
  }

  @Test
  void aProcessThatWasStartedAgainCountsOnceUntilItsOldSessionIsOver() {
    at(0, new Beat(1, ++numbers, "a", 1, TIMEOUT, 0));
    at(0, new Beat(2, ++numbers, "a", 1, TIMEOUT, 0));
    at(0, campaign(2, 1, 2, true));
    assertThat(election().leader()).isZero();
    assertThat(at(0, trigger("e"))).isEqualTo(new LeaderResult.Rejected(Reason.TOO_FEW_HEALTHY));
    at(0, new Beat(3, ++numbers, "b", 2, TIMEOUT, 0));
    assertThat(election().leader()).isEqualTo(2);
  }

  @Test
  void bytesThatAreNoCommandChangeNothing() {
    join(0, 1);
    at(0, campaign(1, 1));
    long hash = machine.stateHash();
    Random random = new Random(1);
    for (LeaderCommand command :
        List.of(beat(1), campaign(1, 2), withdraw(1), trigger("e"), leave(1))) {
      byte[] whole = LeaderCodec.encode(command);
      assertThat(LeaderCodec.decodeCommand(ByteBuffer.wrap(whole))).isEqualTo(command);
      for (int length = 0; length < whole.length; length++) {
        byte[] cut = Arrays.copyOf(whole, length);
        byte[] answer = machine.apply(1, 1, ByteBuffer.wrap(cut));
        assertThat(LeaderCodec.decodeResult(answer))
            .isEqualTo(new LeaderResult.Rejected(Reason.MALFORMED));
      }
    }
    for (int i = 0; i < 20_000; i++) {
      byte[] noise = new byte[random.nextInt(40)];
      random.nextBytes(noise);
      noise = noise.length == 0 ? new byte[] {99} : noise;
      noise[0] = 99;
      machine.apply(1, 1, ByteBuffer.wrap(noise));
    }
    assertThat(machine.stateHash()).isEqualTo(hash);
  }

  @Test
  void noBytesBehindAValidTagMakeAStateThatCannotBeReadBack() throws IOException {
    byte[] name = new byte[LeaderCodec.MAX_TEXT];
    Arrays.fill(name, (byte) 0xFF);
    ByteBuffer unreadable = ByteBuffer.allocate(300).put((byte) 1).putLong(7).putLong(1);
    unreadable.putShort((short) name.length).put(name).putInt(1).putLong(TIMEOUT).putInt(0);
    byte[] malformed = LeaderCodec.encode(new LeaderResult.Rejected(Reason.MALFORMED));
    assertThat(machine.apply(1, 1, unreadable.flip())).isEqualTo(malformed);
    byte[] immortal = LeaderCodec.encode(new Beat(7, 1, "s", 1, Long.MAX_VALUE, 0));
    assertThat(machine.apply(1, 1, ByteBuffer.wrap(immortal))).isEqualTo(malformed);
    Random random = new Random(2);
    int done = 0;
    for (int i = 0; i < 40_000; i++) {
      byte[] command = noise(random);
      byte[] answer = machine.apply(i, i, ByteBuffer.wrap(command));
      if (!Arrays.equals(answer, malformed)) {
        done++;
        assertThat(restored(machine).view()).isEqualTo(machine.view());
      }
    }
    assertThat(done).isGreaterThan(100);
  }

  /** Often a whole command, but for some bytes of it. */
  private byte[] noise(Random random) {
    byte[] bytes = new byte[1 + random.nextInt(60)];
    random.nextBytes(bytes);
    if (random.nextInt(4) == 0) {
      bytes = LeaderCodec.encode(command(random));
      for (int i = random.nextInt(4); i > 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
    }
    bytes[0] = (byte) (1 + random.nextInt(5));
    return bytes;
  }

  @Test
  void aSnapshotHoldsEverythingAndADamagedOneChangesNothing() throws IOException {
    join(0, 1, 2);
    at(0, campaign(1, 3, 1, false));
    at(0, new Campaign(2, ++numbers, "f", 4, 0, true));
    at(0, leave(3));
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    machine.snapshot(written);
    LeaderStateMachine other = new LeaderStateMachine();
    other.restore(new ByteArrayInputStream(written.toByteArray()));
    assertThat(other.view()).isEqualTo(machine.view());
    assertThat(other.stateHash()).isEqualTo(machine.stateHash());
    for (int length = 0; length < written.size(); length++) {
      byte[] cut = Arrays.copyOf(written.toByteArray(), length);
      assertThatThrownBy(() -> other.restore(new ByteArrayInputStream(cut)))
          .isInstanceOf(IOException.class);
    }
    assertThat(other.view()).isEqualTo(machine.view());
    for (String name : List.of("", "x".repeat(256), "half a character: \uD800")) {
      assertThatThrownBy(() -> LeaderCodec.checkText(name))
          .isInstanceOf(RabiaException.Validation.class);
    }
  }

  /** What the state machine should do, said once more and as simply as can be. */
  private static final class Model {
    private record Seat(int priority, long arrival) {}

    private static final class Life {
      private long idle;
      private long number;
      private String name = "";
    }

    private final TreeMap<Long, Life> lives = new TreeMap<>();
    private final TreeMap<Long, Long> left = new TreeMap<>();
    private long now;
    private final Map<String, Map<Long, Seat>> seats = new TreeMap<>();
    private final Map<String, Long> leaders = new HashMap<>();
    private final Map<String, Long> terms = new HashMap<>();
    private final TreeSet<String> held = new TreeSet<>();
    private final Map<String, Boolean> failover = new HashMap<>();
    private final Map<String, Integer> healthy = new HashMap<>();
    private long lastTerm;
    private long arrivals;

    void apply(long time, LeaderCommand command) {
      long elapsed = Math.min(time - now, TIMEOUT / 2);
      now = time;
      for (long session : new TreeSet<>(lives.keySet())) {
        lives.get(session).idle += elapsed;
        if (lives.get(session).idle > TIMEOUT) {
          leaders.forEach(
              (e, leader) -> {
                if (leader == session && !failover.get(e)) {
                  held.add(e);
                }
              });
          remove(session);
        }
      }
      left.replaceAll((session, idle) -> idle + elapsed);
      left.values().removeIf(idle -> idle > TIMEOUT);
      Life own = lives.get(command.session());
      if (!left.containsKey(command.session()) && (own == null || command.number() > own.number)) {
        execute(command);
        lives.computeIfPresent(
            command.session(),
            (session, life) -> {
              life.number = command.number();
              return life;
            });
      }
      elect();
    }

    private void execute(LeaderCommand command) {
      if (command instanceof Beat beat) {
        Life life = lives.computeIfAbsent(beat.session(), session -> new Life());
        life.idle = 0;
        life.name = beat.name();
      } else if (command instanceof Leave leave) {
        remove(leave.session());
        left.put(leave.session(), 0L);
      } else if (command instanceof Withdraw withdraw) {
        leaders.remove(withdraw.election(), withdraw.session());
        seats.getOrDefault(withdraw.election(), new TreeMap<>()).remove(withdraw.session());
      } else if (command instanceof Trigger trigger) {
        int need = exists(trigger.election()) ? healthy.get(trigger.election()) : 0;
        if (alive() >= need) {
          leaders.remove(trigger.election());
          held.remove(trigger.election());
        }
      } else if (command instanceof Campaign c && lives.containsKey(c.session())) {
        Map<Long, Seat> seated = seats.computeIfAbsent(c.election(), e -> new TreeMap<>());
        Seat old = seated.get(c.session());
        long arrival = old == null ? ++arrivals : old.arrival();
        seated.put(c.session(), new Seat(c.priority(), arrival));
        failover.put(c.election(), c.autoFailover());
        if (c.minHealthy() > 0 || seated.size() == 1) {
          healthy.put(c.election(), c.minHealthy());
        }
      }
    }

    private long alive() {
      return lives.values().stream().map(life -> life.name).distinct().count();
    }

    private boolean exists(String election) {
      return held.contains(election) || !seats.getOrDefault(election, Map.of()).isEmpty();
    }

    private void remove(long session) {
      lives.remove(session);
      leaders.values().removeIf(leader -> leader == session);
      seats.values().forEach(seated -> seated.remove(session));
    }

    private void elect() {
      for (String election : new TreeSet<>(seats.keySet())) {
        if (!leaders.containsKey(election)
            && !held.contains(election)
            && !seats.get(election).isEmpty()
            && alive() >= healthy.get(election)) {
          long best =
              seats.get(election).entrySet().stream()
                  .min(
                      Comparator.comparingInt((Map.Entry<Long, Seat> e) -> -e.getValue().priority())
                          .thenComparingLong(e -> e.getValue().arrival()))
                  .orElseThrow()
                  .getKey();
          leaders.put(election, best);
          terms.put(election, ++lastTerm);
        }
      }
    }
  }

  @Test
  void doesWhatTheModelDoesAndNeverHasTwoLeadersOfATerm() throws IOException {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      LeaderStateMachine tested = new LeaderStateMachine();
      Model model = new Model();
      Map<Long, String> owners = new HashMap<>();
      Map<String, Long> highest = new HashMap<>();
      long time = 0;
      for (int step = 0; step < 300; step++) {
        time += random.nextInt(4) == 0 ? random.nextInt((int) TIMEOUT) : random.nextInt(50);
        time += random.nextInt(50) == 0 ? 3_600_000 : 0;
        LeaderCommand command = command(random);
        tested.apply(step, time, ByteBuffer.wrap(LeaderCodec.encode(command)));
        model.apply(time, command);
        compare(tested.view(), model);
        checkTerms(tested.view(), owners, highest);
        if (random.nextInt(20) == 0) {
          tested = restored(tested);
        }
      }
    }
  }

  private static LeaderStateMachine restored(LeaderStateMachine machine) throws IOException {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    machine.snapshot(written);
    LeaderStateMachine other = new LeaderStateMachine();
    other.restore(new ByteArrayInputStream(written.toByteArray()));
    return other;
  }

  /** Of five sessions of four processes; one in ten commands is late. */
  private LeaderCommand command(Random random) {
    long session = 1L + random.nextInt(5);
    long number = Math.max(1, ++numbers - (random.nextInt(10) == 0 ? random.nextInt(40) : 0));
    String election = "e" + random.nextInt(3);
    return switch (random.nextInt(12)) {
      case 0 -> random.nextInt(3) == 0 ? new Leave(session, number, TIMEOUT) : beat(session);
      case 1 -> new Withdraw(session, number, election);
      case 2 -> new Trigger(session, number, election);
      case 3, 4, 5 ->
          new Campaign(
              session,
              number,
              election,
              random.nextInt(3),
              random.nextInt(4),
              random.nextBoolean());
      default -> new Beat(session, number, "s" + session % 4, (int) session, TIMEOUT, 7);
    };
  }

  private static void compare(LeaderView view, Model model) {
    List<String> leaders = new ArrayList<>();
    List<String> held = new ArrayList<>();
    for (LeaderView.Election e : view.elections()) {
      if (e.leader() != 0) {
        leaders.add(e.name() + "=" + e.leader() + "@" + e.term());
      }
      if (e.held()) {
        held.add(e.name());
      }
    }
    List<Object> seen =
        List.of(
            view.sessions().stream().map(LeaderView.Session::id).toList(),
            view.left().stream().map(LeaderView.Left::id).toList(),
            leaders,
            held);
    List<String> expected =
        new TreeMap<>(model.leaders)
            .entrySet().stream()
                .map(l -> l.getKey() + "=" + l.getValue() + "@" + model.terms.get(l.getKey()))
                .toList();
    assertThat(seen)
        .isEqualTo(
            List.<Object>of(
                List.copyOf(model.lives.keySet()),
                List.copyOf(model.left.keySet()),
                expected,
                List.copyOf(model.held)));
  }

  private static void checkTerms(
      LeaderView view, Map<Long, String> owners, Map<String, Long> highest) {
    for (LeaderView.Election e : view.elections()) {
      if (e.leader() != 0) {
        String owner = e.name() + "/" + e.leader();
        String before = owners.putIfAbsent(e.term(), owner);
        if (before != null && !before.equals(owner)
            || e.term() < highest.getOrDefault(e.name(), 0L)) {
          throw new AssertionError("term " + e.term() + " is of " + before + " and " + owner);
        }
        highest.put(e.name(), e.term());
      }
    }
  }
}
