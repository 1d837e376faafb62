package io.rabia.engine.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.CommonCoin;
import io.rabia.core.NodeId;
import io.rabia.engine.protocol.Output.Kind;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How long votes are held back for Proposes that make them needless; liveness only. */
class HeldVotesTest {
  private static final int PROMPT = 1;
  private static final int LATE = 2;
  private static final int MEMBERS = 3;
  private static final int MANY = 30;

  private final Configuration configuration = Configurations.of(MEMBERS, 256);
  private final Replica replica =
      new Replica(
          configuration,
          NodeId.of(1),
          Configurations.token(1),
          CommonCoin.keyed(1, 2),
          SilentSource.INSTANCE,
          Timing.defaults(),
          1,
          64,
          1 << 20,
          7);
  private final Set<Long> voted = new HashSet<>();
  private long now = 1_000_000_000;
  private long group;
  private long batches;

  @BeforeEach
  void connect() {
    replica.offersBatches();
    replica.recovered(0, now);
    replica.connected(PROMPT, now);
    replica.connected(LATE, now);
  }

  private void advance() {
    do {
      replica.advance(now);
    } while (take());
  }

  private boolean take() {
    Output output = replica.output();
    boolean any = output.size() > 0;
    for (int i = 0; i < output.size(); i++) {
      if (output.kind(i) == Kind.VOTE2) {
        voted.add(output.slot(i));
      }
    }
    if (any) {
      replica.appended(++group);
      output.clear();
    }
    return any;
  }

  /** A member proposes a batch in its next slot, and this one follows; returns the slot. */
  private long begin() {
    long slot = propose();
    advance();
    return slot;
  }

  private long propose() {
    long slot = MEMBERS * batches + PROMPT;
    CommandBatch batch = SampleBatches.batch(PROMPT, ++batches, 1);
    replica.from(PROMPT, 0, now).onPropose(slot, batch.id(), batch);
    return slot;
  }

  private List<Long> beginMany() {
    List<Long> slots = LongStream.range(0, MANY).map(i -> propose()).boxed().toList();
    advance();
    return slots;
  }

  /** The last one follows, too. */
  private void complete(long slot) {
    long id = BatchId.pack(PROMPT, slot / MEMBERS + 1);
    replica.from(LATE, 0, now).onPropose(slot, id, null);
    advance();
    assertThat(replica.instance(slot).decided()).isTrue();
  }

  private long hold() {
    return replica.waits.hold();
  }

  private boolean holds(long slot) {
    return !voted.contains(slot);
  }

  @Test
  void votesWaitForTheLastProposeAndNoLongerThanADecisionTakes() {
    long slot = begin();
    assertThat(holds(slot)).isTrue();
    assertThat(replica.deadline()).isEqualTo(now + hold());
    now += hold() - 1;
    advance();
    assertThat(holds(slot)).isTrue();
    now++;
    advance();
    assertThat(holds(slot)).isFalse();
    assertThat(replica.deadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void whereAllProposeTheSameNobodyVotes() {
    beginMany().forEach(this::complete);
    assertThat(voted).isEmpty();
    assertThat(replica.deadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void whatWasInVainForManySlotsWasSoOnce() {
    List<Long> many = beginMany();
    assertThat(voted).isEmpty();
    now += hold();
    advance();
    assertThat(voted).containsExactlyInAnyOrderElementsOf(many);
    assertThat(holds(begin())).as("for twice as long nobody waits").isFalse();
    now += 2 * hold() - 1;
    assertThat(holds(begin())).isFalse();
    now++;
    assertThat(holds(begin())).as("then again").isTrue();
  }

  @Test
  void fromOneInVainToTheNextTheTimeWithoutDoubles() {
    for (int times = 1; times <= 12; times++) {
      long slot = begin();
      assertThat(holds(slot)).isTrue();
      now += hold();
      advance();
      assertThat(holds(slot)).isFalse();
      now += (hold() << Math.min(times, 10)) - 1;
      assertThat(holds(begin())).as("after %d in vain", times).isFalse();
      now++;
    }
  }

  @Test
  void oneThatWasWorthItEndsTheDoubling() {
    for (int times = 1; times <= 5; times++) {
      begin();
      now += hold();
      advance();
      now += hold() << times;
    }
    long slot = begin();
    assertThat(holds(slot)).isTrue();
    complete(slot);
    slot = begin();
    assertThat(holds(slot)).isTrue();
    now += hold();
    advance();
    now += 2 * hold();
    assertThat(holds(begin())).isTrue();
  }

  /** Else votes that are held back would hold the next ones back for longer. */
  @Test
  void aHoldInVainIsNoMeasureOfADecision() {
    long before = hold();
    long slot = begin();
    now += 50 * before;
    advance();
    assertThat(holds(slot)).isFalse();
    complete(slot);
    assertThat(hold()).isEqualTo(before);
    slot = begin();
    assertThat(holds(slot)).isFalse();
    now += 50 * before;
    complete(slot);
    assertThat(hold()).as("what was not held back is one").isGreaterThan(before);
  }

  @Test
  void nobodyWaitsForOneThatIsNotConnected() {
    long slot = begin();
    replica.disconnected(LATE);
    advance();
    assertThat(holds(slot)).isFalse();
    replica.connected(LATE, now);
    assertThat(holds(begin())).as("that was not in vain").isTrue();
  }
}
