package io.rabia.testing.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.CommonCoin;
import io.rabia.core.NodeId;
import io.rabia.core.StateValue;
import io.rabia.core.Token;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.SlotInstance;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Protocol.md 10, number 21: a scheduler that knows the coin keeps votes split. */
class KnownCoinTest {
  private static final int N = 3;
  private static final int PHASES = 2_000;
  private static final CommonCoin COIN = CommonCoin.keyed(1, 2);
  private static final long BATCH = BatchId.pack(0, 1);

  private record Vote(int round, int phase, byte value, long id) {}

  private final SlotInstance[] replicas = new SlotInstance[N];
  private final List<List<Vote>> sent = new ArrayList<>();

  KnownCoinTest() {
    List<Configuration.Member> members = new ArrayList<>();
    for (int i = 0; i < N; i++) {
      members.add(new Configuration.Member(NodeId.of(i + 1), new Token(1, i + 1), i, "", 0));
    }
    Configuration configuration = new Configuration(0, 0, 8, members);
    for (int i = 0; i < N; i++) {
      replicas[i] = new SlotInstance();
      replicas[i].reset(0, configuration, i);
      replicas[i].propose(i < 2 ? BATCH : BatchId.NOOP);
      sent.add(new ArrayList<>());
    }
  }

  private void evaluate(int replica) {
    replicas[replica].evaluate(
        0,
        COIN,
        new SlotInstance.Emitter() {
          @Override
          public void emitVote1(SlotInstance slot, int phase, byte value, long id) {
            sent.get(replica).add(new Vote(1, phase, value, id));
          }

          @Override
          public void emitVote2(SlotInstance slot, int phase, byte value, long id) {
            sent.get(replica).add(new Vote(2, phase, value, id));
          }
        });
  }

  private void hear(int to, int from, Vote vote) {
    if (vote.round() == 1) {
      replicas[to].onVote1(from, vote.phase(), vote.value(), vote.id());
    } else {
      replicas[to].onVote2(from, vote.phase(), vote.value(), vote.id());
    }
    evaluate(to);
  }

  private Vote last(int replica) {
    return sent.get(replica).get(sent.get(replica).size() - 1);
  }

  /** Takes every vote of a round before anyone moves on in it. */
  private void hearEach(int a, int byA, int b, int byB, int c, int byC) {
    Vote[] votes = {last(0), last(1), last(2)};
    hear(a, byA, votes[byA]);
    hear(b, byB, votes[byB]);
    hear(c, byC, votes[byC]);
  }

  private int savedBytes() {
    ByteBuffer buffer = ByteBuffer.allocate(1 << 12);
    replicas[0].save(buffer);
    return buffer.position();
  }

  private static byte coin(int phase) {
    return COIN.flip(0, 0, phase) ? StateValue.CODE_V1 : StateValue.CODE_V0;
  }

  /** One of the majority votes for it, the others VQUESTION; who hears only those flips. */
  private void keepSplit(int phase) {
    int minority = 0;
    while (last(minority).value() == last((minority + 1) % N).value()
        || last(minority).value() == last((minority + 2) % N).value()) {
      minority++;
    }
    int a = (minority + 1) % N;
    int b = (minority + 2) % N;
    byte majority = last(a).value();
    assertThat(coin(phase)).isNotEqualTo(majority);
    hearEach(a, b, b, minority, minority, a);
    boolean keep = majority != coin(phase + 1);
    hearEach(a, b, b, minority, minority, keep ? a : b);
  }

  private void splitPhase0() {
    replicas[0].onPropose(1, BATCH);
    replicas[1].onPropose(2, BatchId.NOOP);
    replicas[2].onPropose(0, BATCH);
    for (int i = 0; i < N; i++) {
      evaluate(i);
    }
    boolean ones = coin(1) == StateValue.CODE_V0;
    hearEach(0, 1, 1, 2, 2, ones ? 0 : 1);
  }

  @Test
  void phasesGrowMemoryDoesNotAndItEndsWhenTheScheduleTurnsRandom() {
    splitPhase0();
    int bytes = savedBytes();
    for (int phase = 1; phase <= PHASES; phase++) {
      keepSplit(phase);
    }

    for (SlotInstance replica : replicas) {
      assertThat(replica.decided()).isFalse();
      assertThat(replica.phase()).isEqualTo(PHASES + 1);
    }
    assertThat(savedBytes()).isEqualTo(bytes);

    Random random = new Random(1);
    for (int step = 0; step < 10_000 && !allDecided(); step++) {
      int from = random.nextInt(N);
      int to = (from + 1 + random.nextInt(N - 1)) % N;
      List<Vote> votes = sent.get(from);
      hear(to, from, votes.get(votes.size() - 1 - random.nextInt(2)));
    }
    assertThat(allDecided()).isTrue();
    assertThat(replicas[1].decidedId()).isEqualTo(replicas[0].decidedId());
    assertThat(replicas[2].decidedId()).isEqualTo(replicas[0].decidedId());
  }

  private boolean allDecided() {
    return replicas[0].decided() && replicas[1].decided() && replicas[2].decided();
  }
}
