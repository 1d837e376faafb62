package io.rabia.engine.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.engine.protocol.Output.Kind;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** How long votes are held back for Proposes that make them needless; liveness only. */
class HeldVotesTest {
  private static final int PROMPT = 1;
  private static final int LATE = 2;
  private static final int MANY = 30;

  private final LoneReplica lone = new LoneReplica();
  private final Replica replica = lone.replica;
  private long batches;

  /** A member proposes a batch in its next slot, and this one follows; returns the slot. */
  private long begin() {
    long slot = propose();
    lone.advance();
    return slot;
  }

  private long propose() {
    long slot = LoneReplica.MEMBERS * batches + PROMPT;
    CommandBatch batch = SampleBatches.batch(PROMPT, ++batches, 1);
    lone.from(PROMPT).onPropose(slot, batch.id(), batch);
    return slot;
  }

  private List<Long> beginMany() {
    List<Long> slots = LongStream.range(0, MANY).map(i -> propose()).boxed().toList();
    lone.advance();
    return slots;
  }

  /** The last one follows, too. */
  private void complete(long slot) {
    long id = BatchId.pack(PROMPT, slot / LoneReplica.MEMBERS + 1);
    lone.from(LATE).onPropose(slot, id, null);
    lone.advance();
    assertThat(replica.instance(slot).decided()).isTrue();
  }

  private long hold() {
    return replica.waits.hold();
  }

  private List<Long> voted() {
    return lone.slots(Kind.VOTE2);
  }

  private boolean holds(long slot) {
    return !voted().contains(slot);
  }

  @Test
  void votesWaitForTheLastProposeAndNoLongerThanADecisionTakes() {
    long slot = begin();
    assertThat(holds(slot)).isTrue();
    assertThat(replica.deadline()).isEqualTo(lone.now + hold());
    lone.now += hold() - 1;
    lone.advance();
    assertThat(holds(slot)).isTrue();
    lone.now++;
    lone.advance();
    assertThat(holds(slot)).isFalse();
    assertThat(replica.deadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void whereAllProposeTheSameNobodyVotes() {
    beginMany().forEach(this::complete);
    assertThat(voted()).isEmpty();
    assertThat(replica.deadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void whatWasInVainForManySlotsWasSoOnce() {
    List<Long> many = beginMany();
    assertThat(voted()).isEmpty();
    lone.now += hold();
    lone.advance();
    assertThat(voted()).containsExactlyInAnyOrderElementsOf(many);
    assertThat(holds(begin())).as("for twice as long nobody waits").isFalse();
    lone.now += 2 * hold() - 1;
    assertThat(holds(begin())).isFalse();
    lone.now++;
    assertThat(holds(begin())).as("then again").isTrue();
  }

  @Test
  void fromOneInVainToTheNextTheTimeWithoutDoubles() {
    for (int times = 1; times <= 12; times++) {
      long slot = begin();
      assertThat(holds(slot)).isTrue();
      lone.now += hold();
      lone.advance();
      assertThat(holds(slot)).isFalse();
      lone.now += (hold() << Math.min(times, 10)) - 1;
      assertThat(holds(begin())).as("after %d in vain", times).isFalse();
      lone.now++;
    }
  }

  @Test
  void oneThatWasWorthItEndsTheDoubling() {
    for (int times = 1; times <= 5; times++) {
      begin();
      lone.now += hold();
      lone.advance();
      lone.now += hold() << times;
    }
    long slot = begin();
    assertThat(holds(slot)).isTrue();
    complete(slot);
    slot = begin();
    assertThat(holds(slot)).isTrue();
    lone.now += hold();
    lone.advance();
    lone.now += 2 * hold();
    assertThat(holds(begin())).isTrue();
  }

  /** Else votes that are held back would hold the next ones back for longer. */
  @Test
  void aHoldInVainIsNoMeasureOfADecision() {
    long before = hold();
    long slot = begin();
    lone.now += 50 * before;
    lone.advance();
    assertThat(holds(slot)).isFalse();
    complete(slot);
    assertThat(hold()).isEqualTo(before);
    slot = begin();
    assertThat(holds(slot)).isFalse();
    lone.now += 50 * before;
    complete(slot);
    assertThat(hold()).as("what was not held back is one").isGreaterThan(before);
  }

  @Test
  void nobodyWaitsForOneThatIsNotConnected() {
    long slot = begin();
    replica.disconnected(LATE);
    lone.advance();
    assertThat(holds(slot)).isFalse();
    replica.connected(LATE, lone.now);
    assertThat(holds(begin())).as("that was not in vain").isTrue();
  }
}
