package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.CommonCoin;
import io.rabia.core.InvariantViolation;
import io.rabia.core.NodeId;
import io.rabia.core.Token;
import io.rabia.engine.protocol.BatchSource;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.Output;
import io.rabia.engine.protocol.Replica;
import io.rabia.engine.protocol.Timing;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a replica keeps, and what it gives up, when its state is replaced by a later one. */
class ReplicaInstallTest {
  private static final int SELF = 2;
  private static final int ALPHA = 8;
  private static final int WINDOW = 4 * ALPHA;

  private int commands;
  private long now = 1_000_000_000;
  private final Map<Long, Long> promised = new HashMap<>();
  private final Replica replica =
      new Replica(
          new Configuration(0, 0, ALPHA, List.of(member(0), member(1), member(2))),
          NodeId.of(SELF + 1),
          member(SELF).token(),
          CommonCoin.keyed(1, 2),
          new Commands(),
          Timing.defaults(),
          1,
          64,
          1 << 20,
          7);

  /** The third member of three, which has heard of nothing. */
  Replica replica() {
    return replica;
  }

  private static Configuration.Member member(int index) {
    return new Configuration.Member(NodeId.of(index + 1), new Token(1, index), index, "host", 1);
  }

  private final class Commands implements BatchSource {
    @Override
    public boolean isEmpty() {
      return commands == 0;
    }

    @Override
    public boolean ready(long time, int inFlight) {
      return commands > 0;
    }

    @Override
    public @Nullable CommandBatch poll(long id, long timestamp, long lowestOutstanding) {
      if (commands == 0) {
        return null;
      }
      commands--;
      CommandBatch.Encoder encoder = new CommandBatch.Encoder();
      encoder.add(CommandBatch.KIND_APPLY, 1, 1, 1, new byte[8]);
      return encoder.build(id, timestamp, lowestOutstanding);
    }
  }

  /** Takes part in two rounds, slots 0 to 5, with a batch of its own in slots 2 and 5. */
  @BeforeEach
  void takePart() {
    replica.recovered(0, now);
    commands = 2;
    advance();
    assertThat(promised.keySet()).containsExactlyInAnyOrder(0L, 1L, 2L, 3L, 4L, 5L);
    assertThat(BatchId.isBatch(promised.get(2L)) && BatchId.isBatch(promised.get(5L))).isTrue();
  }

  /** Notes what it proposes; once in a slot. */
  private void advance() {
    replica.advance(now);
    Output output = replica.output();
    for (int i = 0; i < output.size(); i++) {
      if (output.kind(i) == Output.Kind.PROPOSE && output.has(i, Output.LOG)) {
        assertThat(promised.put(output.slot(i), output.id(i))).as("said before").isNull();
      }
    }
    output.clear();
  }

  /** The state of a member that has applied so many slots, and of this member these batches. */
  private void install(long applied, Set<Long> ownNumbers) throws IOException {
    ByteArrayOutputStream fresh = new ByteArrayOutputStream();
    replica.save(new DataOutputStream(fresh));
    byte[] state = fresh.toByteArray();
    ByteBuffer.wrap(state).putLong(applied);
    int ownRow = state.length - WINDOW; // the last one, of numbers from 1 on
    ownNumbers.forEach(number -> state[ownRow + (int) (number - 1)] = 1);
    replica.install(new DataInputStream(new ByteArrayInputStream(state)), now);
  }

  @Test
  void endsOnlyTheOwnVotesBelowIt() throws IOException {
    install(4, Set.of(1L));
    assertThat(replica.applied()).isEqualTo(4);
    assertThat(LongStream.range(0, 4).mapToObj(replica::instance)).containsOnlyNulls();
    for (long slot : new long[] {4, 5}) {
      assertThat(replica.instance(slot).proposal(SELF)).isEqualTo(promised.get(slot));
    }
    commands = 3;
    for (int i = 0; i < 100; i++) {
      now += 10_000_000;
      advance();
    }
    assertThat(promised).containsKeys(8L, 11L);
  }

  @Test
  void aBatchWhoseSlotEndedWithoutItIsProposedAgainAndOneThatWasAppliedIsNot() throws IOException {
    long first = promised.get(2L);
    long second = promised.get(5L);
    install(6, Set.of(BatchId.number(second)));
    assertThat(replica.isPassed(BatchId.number(second))).isTrue();
    assertThat(replica.held()).isEqualTo(1);
    commands = 1;
    advance();
    assertThat(promised.get(8L)).isEqualTo(first);
    assertThat(promised.values()).containsOnlyOnce(second);
  }

  @Test
  void theStateNeverGoesBack() {
    assertThatExceptionOfType(InvariantViolation.class).isThrownBy(() -> install(0, Set.of()));
  }
}
