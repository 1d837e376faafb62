package io.rabia.engine.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.CommonCoin;
import io.rabia.core.NodeId;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is taken for one that speaks late as a rule; liveness only. */
class LatenessTest {
  private static final int OWNER = 1;
  private static final int OTHER = 2;

  /** Four times what a decision is taken to last before any was measured. */
  private static final long BOUND = 5_000_000;

  private final Configuration configuration = Configurations.of(3, 256);
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
  private long now = 1_000_000_000;
  private long slot;

  @BeforeEach
  void connect() {
    replica.connected(OWNER, now);
    replica.connected(OTHER, now);
  }

  /** So often its slot is begun by another one, and its own word comes so much later. */
  private void speaks(int times, long later) {
    speaks(OWNER, OTHER, times, later);
  }

  private void speaks(int owner, int beginner, int times, long later) {
    for (int i = 0; i < times; i++) {
      nextOwned(owner);
      replica.from(beginner, 0, now).onPropose(slot, BatchId.NOOP, null);
      now += later;
      replica.from(owner, 0, now).onPropose(slot, BatchId.NOOP, null);
    }
  }

  private void begins(int times) {
    for (int i = 0; i < times; i++) {
      nextOwned(OWNER);
      replica.from(OWNER, 0, now).onPropose(slot, BatchId.NOOP, null);
    }
  }

  private void nextOwned(int owner) {
    do {
      slot++;
    } while (configuration.owner(slot) != owner);
  }

  @Test
  void whoSpeaksLateAgainAndAgainIsLate() {
    speaks(40, BOUND / 2);
    assertThat(replica.late(OWNER)).isFalse();
    speaks(20, 2 * BOUND);
    assertThat(replica.late(OWNER)).isTrue();
  }

  /** Decisions take half as long: by them alone it would not be late. */
  @Test
  void whoSpeaksMuchLaterThanAQuorumIsLate() {
    for (int i = 0; i < 200; i++) {
      replica.waits.sample(true, 2 * BOUND);
    }
    speaks(40, 4 * BOUND);
    assertThat(replica.late(OWNER)).as("nobody is known to be sooner").isFalse();
    speaks(OTHER, OWNER, 40, BOUND / 5);
    assertThat(replica.late(OTHER)).isFalse();
    assertThat(replica.late(OWNER)).isTrue();
  }

  @Test
  void onePauseHoweverLongMakesNobodyLate() {
    speaks(10, 0);
    speaks(1, 1000 * BOUND);
    assertThat(replica.late(OWNER)).isFalse();
  }

  @Test
  void whoWasLateStaysSoUntilItTakesHalfAsLong() {
    speaks(20, 2 * BOUND);
    assertThat(replica.late(OWNER)).isTrue();
    speaks(40, BOUND * 7 / 10);
    assertThat(replica.late(OWNER)).isTrue();
    speaks(40, BOUND * 4 / 10);
    assertThat(replica.late(OWNER)).isFalse();
    speaks(40, BOUND * 7 / 10);
    assertThat(replica.late(OWNER)).isFalse();
  }

  @Test
  void slotsThatItBeginsItselfSayLittle() {
    speaks(20, 2 * BOUND);
    begins(10);
    assertThat(replica.late(OWNER)).isTrue();
    begins(100);
    assertThat(replica.late(OWNER)).isFalse();
  }
}
