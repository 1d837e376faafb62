package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.message.MessageCodec;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LogCatchUpTest {
  private static final int ALPHA = 8;
  private static final int SLOTS = 3000;
  private static final int PROPOSED_AHEAD = 2 * ALPHA;

  private final MemoryLog log = new MemoryLog();
  private final LogCatchUp catchUp = new LogCatchUp(log, ALPHA);

  private record Decision(long slot, long id, boolean withBatch) {}

  private final List<Decision> decisions = new ArrayList<>();
  private long end = -1;

  private static CommandBatch batch(long slot) {
    CommandBatch.Encoder encoder = new CommandBatch.Encoder();
    encoder.add(CommandBatch.KIND_APPLY, 1, slot + 1, 1, new byte[100]);
    return encoder.build(BatchId.pack(0, slot + 1), slot, 1);
  }

  /** Every fifth slot is forfeited, every third a NOOP. */
  private static long idOf(long slot) {
    return slot % 5 == 0 ? BatchId.NONE : slot % 3 == 0 ? BatchId.NOOP : batch(slot).id();
  }

  /** A log as a member writes it: a batch comes with its proposal, long before its decision. */
  @BeforeEach
  void writeTheLog() {
    ByteBuffer group = ByteBuffer.allocate(4096);
    for (long slot = -PROPOSED_AHEAD; slot < SLOTS; slot++) {
      long ahead = slot + PROPOSED_AHEAD;
      if (BatchId.isBatch(idOf(ahead))) {
        MessageCodec.propose(group, ahead, idOf(ahead), batch(ahead));
      }
      if (slot >= 0) {
        MessageCodec.decide(group, slot, idOf(slot), null);
      }
      long number = log.append(group.flip());
      catchUp.appended(number, Math.max(0, slot + 1));
      group.clear();
    }
    log.flush();
  }

  private void read(long from, long to, int maxBytes) {
    decisions.clear();
    end =
        catchUp.read(
            from,
            to,
            maxBytes,
            (slot, id, batch) -> {
              if (batch != null) {
                assertThat(batch).isEqualTo(batch(slot));
              }
              decisions.add(new Decision(slot, id, batch != null));
            });
  }

  private void assertRead(long from, long to) {
    assertThat(end).isEqualTo(to);
    assertThat(decisions).hasSize((int) (to - from));
    for (int i = 0; i < decisions.size(); i++) {
      long slot = from + i;
      assertThat(decisions.get(i))
          .isEqualTo(new Decision(slot, idOf(slot), BatchId.isBatch(idOf(slot))));
    }
  }

  @Test
  void servesEveryDecisionWithItsBatchFromAnywhere() {
    for (long from = 0; from < SLOTS; from += 83) {
      read(from, Math.min(SLOTS, from + 200), Integer.MAX_VALUE);
      assertRead(from, Math.min(SLOTS, from + 200));
    }
  }

  @Test
  void stopsAtTheNumberOfBytesAndSaysWhereToGoOn() {
    long next = 700;
    while (next < 900) {
      long from = next;
      read(from, 900, 1000);
      assertThat(end).isBetween(from + 1, from + 40);
      assertRead(from, end);
      next = end;
    }
    assertThat(next).isEqualTo(900);
  }

  @Test
  void startsShortBeforeWhatIsAskedFor() {
    int before = log.groupsRead();
    read(2900, 2910, Integer.MAX_VALUE);
    assertRead(2900, 2910);
    assertThat(log.groupsRead() - before).isLessThan(600);
  }

  @Test
  void readsTheLogOnceForEachOfThoseWhoGoOnWhereTheirLastAnswerEnded() {
    int before = log.groupsRead();
    int readers = 4;
    long apart = 100;
    for (long from = 600; from < SLOTS - readers * apart; from += 20) {
      for (int reader = 0; reader < readers; reader++) {
        long own = from + reader * apart;
        read(own, own + 20, Integer.MAX_VALUE);
        assertRead(own, own + 20);
      }
    }
    assertThat(log.groupsRead() - before).isLessThan(readers * (SLOTS + 600));
  }

  @Test
  void goesOnAfterACompactionWhileItReads() {
    for (long from = 500; from < SLOTS; from += 100) {
      read(from, from + 100, Integer.MAX_VALUE);
      assertRead(from, from + 100);
      log.compact(catchUp.groupFor(from + 100));
      catchUp.compacted(catchUp.groupFor(from + 100));
    }
  }

  /** Who applied it once needs no batch to pass over it. */
  @Test
  void aBatchThatWasDecidedTwiceComesOnce() {
    ByteBuffer group = ByteBuffer.allocate(4096);
    CommandBatch batch = batch(SLOTS);
    MessageCodec.propose(group, SLOTS, batch.id(), batch);
    MessageCodec.decide(group, SLOTS, batch.id(), null);
    MessageCodec.decide(group, SLOTS + 1, batch.id(), null);
    catchUp.appended(log.append(group.flip()), SLOTS + 2);
    log.flush();
    read(SLOTS, SLOTS + 2, Integer.MAX_VALUE);
    assertThat(decisions)
        .containsExactly(
            new Decision(SLOTS, batch.id(), true), new Decision(SLOTS + 1, batch.id(), false));
  }

  @Test
  void anEmptyLogServesNothing() {
    end =
        new LogCatchUp(new MemoryLog(), ALPHA)
            .read(7, 10, 1000, (slot, id, batch) -> decisions.add(null));
    assertThat(decisions).isEmpty();
    assertThat(end).isEqualTo(7);
  }

  /** Where a log begins, the batches of its first decisions may be gone. */
  @Test
  void aCompactedLogServesOnlyWhatItHoldsWithItsBatches() {
    long kept = 1000;
    log.compact(catchUp.groupFor(kept));
    catchUp.compacted(catchUp.groupFor(kept));
    for (long from = 0; from < SLOTS - 10; from += 7) {
      read(from, from + 10, Integer.MAX_VALUE);
      if (from >= kept) {
        assertRead(from, from + 10);
      } else if (end > from) {
        assertRead(from, end);
      }
    }
    read(kept - 200, kept, Integer.MAX_VALUE);
    assertThat(end).isEqualTo(kept - 200);
    LogCatchUp restarted = new LogCatchUp(log, ALPHA);
    restarted.restored(2000);
    assertThat(restarted.read(kept - 200, kept, 1 << 20, (slot, id, batch) -> {}))
        .isEqualTo(kept - 200);
    assertThat(restarted.read(kept, kept + 10, 1 << 20, (slot, id, batch) -> {}))
        .isEqualTo(kept + 10);
  }

  /** Its file is deleted as a whole, later: until then each answer would read it again. */
  @Test
  void readsNothingOfWhatWasCompactedAndIsStillThere() {
    read(1500, 1520, Integer.MAX_VALUE);
    assertRead(1500, 1520);
    catchUp.compacted(catchUp.groupFor(2000));
    int before = log.groupsRead();
    read(1520, 1540, Integer.MAX_VALUE);
    assertThat(end).isEqualTo(1520);
    read(0, 10, Integer.MAX_VALUE);
    assertThat(end).isZero();
    assertThat(log.groupsRead()).isEqualTo(before);
    read(2000, 2020, Integer.MAX_VALUE);
    assertRead(2000, 2020);
  }

  /** After a restart it is not known where a slot is; meanwhile everything else must go on. */
  @Test
  void readsAPieceOfTheLogForAnAnswerAndGoesOnFromThere() {
    int piece = 16 << 10;
    LogCatchUp restarted = new LogCatchUp(log, ALPHA, piece);
    restarted.restored(SLOTS);
    int first = log.groupsRead();
    int pieces = 0;
    do {
      int before = log.groupsRead();
      end = restarted.read(2500, 2510, 1 << 20, this::add);
      assertThat(log.groupsRead() - before).isLessThan(500);
      pieces++;
    } while (end == LogCatchUp.NOT_YET);
    assertRead(2500, 2510);
    assertThat(pieces).isGreaterThan(10);
    assertThat(log.groupsRead() - first).isLessThan(SLOTS + pieces);
    assertThat(SLOTS).as("otherwise this says nothing").isGreaterThan(4 * 500);
  }

  /** More of them than the ways through the log that are kept. */
  @Test
  void manyWhoSearchAtOnceAllComeOn() {
    int piece = 16 << 10;
    int readers = 7;
    LogCatchUp restarted = new LogCatchUp(log, ALPHA, piece);
    restarted.restored(SLOTS);
    int found = 0;
    for (int round = 0; round < 60 && found < readers; round++) {
      found = 0;
      for (int reader = 0; reader < readers; reader++) {
        long from = 2400 + 50L * reader;
        int before = log.groupsRead();
        found += restarted.read(from, from + 1, 1 << 20, this::add) == from + 1 ? 1 : 0;
        assertThat(log.groupsRead() - before).isLessThan(500);
      }
    }
    assertThat(found).isEqualTo(readers);
  }

  @Test
  void comesOnWhateverAPieceIs() {
    LogCatchUp restarted = new LogCatchUp(log, ALPHA, 1);
    restarted.restored(SLOTS);
    int pieces = 0;
    do {
      end = restarted.read(300, 301, 1 << 20, this::add);
      pieces++;
    } while (end == LogCatchUp.NOT_YET && pieces < SLOTS);
    assertRead(300, 301);
  }

  private void add(long slot, long id, CommandBatch batch) {
    decisions.add(new Decision(slot, id, batch != null));
  }

  @Test
  void servesNothingAcrossAHole() {
    ByteBuffer group = ByteBuffer.allocate(4096);
    long after = SLOTS + 500;
    for (long slot = after; slot < after + 300; slot++) {
      MessageCodec.decide(group, slot, BatchId.NOOP, null);
      catchUp.appended(log.append(group.flip()), slot + 1);
      group.clear();
    }
    assertThat(catchUp.read(SLOTS - 3, after, 1 << 20, (slot, id, batch) -> {})).isEqualTo(SLOTS);
    assertThat(catchUp.read(SLOTS, after, 1 << 20, (slot, id, batch) -> {})).isEqualTo(SLOTS);
    assertThat(catchUp.read(after, after + 5, 1 << 20, (slot, id, batch) -> {}))
        .isEqualTo(after + 5);
  }
}
