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

  private LeaderResult at(long time, LeaderCommand command) {
    byte[] result = machine.apply(time, time, ByteBuffer.wrap(LeaderCodec.encode(command)));
    return LeaderCodec.decodeResult(result);
  }

  private void join(long time, long... sessions) {
    for (long session : sessions) {
      at(time, beat(session));
    }
  }

  private static Beat beat(long session) {
    return new Beat(session, "s" + session, (int) session, TIMEOUT, 7);
  }

  private static Campaign campaign(long session, int priority) {
    return new Campaign(session, "e", priority, 0, true);
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
    join(2000, 1, 3);
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
    at(1, new Withdraw(1, "e"));
    assertThat(election().leader()).isEqualTo(3);
    at(1, new Leave(3));
    assertThat(election().leader()).isEqualTo(2);
  }

  @Test
  void aTriggeredElectionTakesTheBestCandidateInANewTerm() {
    join(0, 1, 2);
    at(0, campaign(1, 1));
    at(0, campaign(2, 5));
    assertThat(at(1, new Trigger("e"))).isEqualTo(new LeaderResult.Done(5, 2));
    assertThat(election().leader()).isEqualTo(2);
    assertThat(at(1, new Trigger("none"))).isEqualTo(new LeaderResult.Done(6, 0));
  }

  @Test
  void withoutFailoverNobodyFollowsADeposedLeaderUntilAskedTo() {
    join(0, 1, 2);
    at(0, new Campaign(1, "e", 1, 0, false));
    at(0, new Campaign(2, "e", 1, 0, false));
    join(TIMEOUT + 1, 3);
    join(TIMEOUT + 1, 2);
    at(TIMEOUT + 1, new Campaign(2, "e", 1, 0, false));
    assertThat(election().leader()).isZero();
    assertThat(election().held()).isTrue();
    assertThat(at(TIMEOUT + 2, new Trigger("e"))).isInstanceOf(LeaderResult.Done.class);
    assertThat(election().leader()).isEqualTo(2);
    at(TIMEOUT + 2, new Campaign(3, "e", 1, 0, false));
    at(TIMEOUT + 3, new Withdraw(2, "e"));
    assertThat(election().leader()).as("who resigns is followed").isEqualTo(3);
  }

  @Test
  void nobodyIsElectedWhileTooFewLive() {
    join(0, 1);
    at(0, new Campaign(1, "e", 1, 2, true));
    assertThat(election().leader()).isZero();
    assertThat(at(0, new Trigger("e")))
        .isEqualTo(new LeaderResult.Rejected(Reason.TOO_FEW_HEALTHY));
    join(1, 2);
    assertThat(election().leader()).isEqualTo(1);
  }

  @Test
  void aTokenIsValidWhileItsLeaderLeads() {
    join(0, 1, 2);
    at(0, campaign(1, 1));
    at(0, campaign(2, 1));
    assertThat(admits(0, "e", 1)).isTrue();
    assertThat(admits(TIMEOUT, "e", 1)).isTrue();
    assertThat(admits(TIMEOUT + 1, "e", 1)).as("nobody has noticed yet").isFalse();
    assertThat(admits(0, "e", 0)).isFalse();
    assertThat(admits(0, "e", 2)).isFalse();
    assertThat(admits(0, "other", 1)).isFalse();
    at(1, new Withdraw(1, "e"));
    assertThat(admits(1, "e", 1)).isFalse();
    assertThat(admits(1, "e", 2)).isTrue();
    at(2, new Leave(2));
    assertThat(admits(2, "e", 2)).isFalse();
  }

  @Test
  void aSessionThatEndedIsFreshWhenItComesBackAndIsNoCandidate() {
    join(0, 1);
    at(0, campaign(1, 1));
    assertThat(at(1, beat(1))).isEqualTo(new LeaderResult.Beaten(false, 3, Map.of("e", 1L)));
    assertThat(at(TIMEOUT + 2, beat(1))).isEqualTo(new LeaderResult.Beaten(true, 4, Map.of()));
    assertThat(machine.view().elections()).isEmpty();
    assertThat(at(TIMEOUT + 2, campaign(1, 1))).isEqualTo(new LeaderResult.Done(5, 2));
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
      machine.execute(0, new Campaign(1, "e" + i, 1, 0, true));
    }
    assertThat(at(0, campaign(1, 1))).isEqualTo(new LeaderResult.Rejected(Reason.TOO_MANY));
  }

  @Test
  void bytesThatAreNoCommandChangeNothing() {
    join(0, 1);
    at(0, campaign(1, 1));
    long hash = machine.stateHash();
    Random random = new Random(1);
    for (LeaderCommand command :
        List.of(beat(1), campaign(1, 2), new Withdraw(1, "e"), new Trigger("e"), new Leave(1))) {
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
  void aSnapshotHoldsEverythingAndADamagedOneChangesNothing() throws IOException {
    join(0, 1, 2);
    at(0, new Campaign(1, "e", 3, 1, false));
    at(0, new Campaign(2, "f", 4, 0, true));
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
    assertThatThrownBy(() -> LeaderCodec.checkText(""))
        .isInstanceOf(RabiaException.Validation.class);
  }

  /** What the state machine should do, said once more and as simply as can be. */
  private static final class Model {
    private record Seat(int priority, long arrival) {}

    private final TreeMap<Long, Long> beats = new TreeMap<>();
    private final Map<String, Map<Long, Seat>> seats = new TreeMap<>();
    private final Map<String, Long> leaders = new HashMap<>();
    private final Map<String, Long> terms = new HashMap<>();
    private final TreeSet<String> held = new TreeSet<>();
    private final Map<String, Boolean> failover = new HashMap<>();
    private final Map<String, Integer> healthy = new HashMap<>();
    private long lastTerm;
    private long arrivals;

    void apply(long time, LeaderCommand command) {
      for (long session : new TreeSet<>(beats.keySet())) {
        if (time - beats.get(session) > TIMEOUT) {
          leaders.forEach(
              (e, leader) -> {
                if (leader == session && !failover.get(e)) {
                  held.add(e);
                }
              });
          remove(session);
        }
      }
      if (command instanceof Beat beat) {
        beats.put(beat.session(), time);
      } else if (command instanceof Leave leave) {
        remove(leave.session());
      } else if (command instanceof Withdraw withdraw) {
        leaders.remove(withdraw.election(), withdraw.session());
        seats.getOrDefault(withdraw.election(), new TreeMap<>()).remove(withdraw.session());
      } else if (command instanceof Trigger trigger) {
        int need = exists(trigger.election()) ? healthy.get(trigger.election()) : 0;
        if (beats.size() >= need) {
          leaders.remove(trigger.election());
          held.remove(trigger.election());
        }
      } else if (command instanceof Campaign c && beats.containsKey(c.session())) {
        Map<Long, Seat> seated = seats.computeIfAbsent(c.election(), e -> new TreeMap<>());
        Seat old = seated.get(c.session());
        long arrival = old == null ? ++arrivals : old.arrival();
        seated.put(c.session(), new Seat(c.priority(), arrival));
        failover.put(c.election(), c.autoFailover());
        healthy.put(c.election(), c.minHealthy());
      }
      elect();
    }

    private boolean exists(String election) {
      return held.contains(election) || !seats.getOrDefault(election, Map.of()).isEmpty();
    }

    private void remove(long session) {
      beats.remove(session);
      leaders.values().removeIf(leader -> leader == session);
      seats.values().forEach(seated -> seated.remove(session));
    }

    private void elect() {
      for (String election : new TreeSet<>(seats.keySet())) {
        if (!leaders.containsKey(election)
            && !held.contains(election)
            && !seats.get(election).isEmpty()
            && beats.size() >= healthy.get(election)) {
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

  private static LeaderCommand command(Random random) {
    long session = 1L + random.nextInt(5);
    String election = "e" + random.nextInt(3);
    return switch (random.nextInt(10)) {
      case 0 -> new Leave(session);
      case 1 -> new Withdraw(session, election);
      case 2 -> new Trigger(election);
      case 3, 4, 5 ->
          new Campaign(
              session, election, random.nextInt(3), random.nextInt(4), random.nextBoolean());
      default -> beat(session);
    };
  }

  private static void compare(LeaderView view, Model model) {
    assertThat(view.sessions().stream().map(LeaderView.Session::id))
        .containsExactlyElementsOf(model.beats.keySet());
    List<String> leaders = new ArrayList<>();
    for (LeaderView.Election e : view.elections()) {
      if (e.leader() != 0) {
        leaders.add(e.name() + "=" + e.leader() + "@" + e.term());
      }
      assertThat(e.held()).isEqualTo(model.held.contains(e.name()));
    }
    assertThat(leaders)
        .containsExactlyInAnyOrderElementsOf(
            model.leaders.entrySet().stream()
                .map(l -> l.getKey() + "=" + l.getValue() + "@" + model.terms.get(l.getKey()))
                .toList());
  }

  private static void checkTerms(
      LeaderView view, Map<Long, String> owners, Map<String, Long> highest) {
    for (LeaderView.Election e : view.elections()) {
      if (e.leader() != 0) {
        String owner = e.name() + "/" + e.leader();
        assertThat(owners.putIfAbsent(e.term(), owner)).isIn(null, owner);
        assertThat(e.term()).isGreaterThanOrEqualTo(highest.getOrDefault(e.name(), 0L));
        highest.put(e.name(), e.term());
      }
    }
  }
}
