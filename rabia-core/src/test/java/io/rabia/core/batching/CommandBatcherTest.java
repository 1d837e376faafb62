package io.rabia.core.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.rabia.core.Allocations;
import io.rabia.core.BatchId;
import io.rabia.core.Command;
import io.rabia.core.CommandBatch;
import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class CommandBatcherTest {
  private static final long MS = 1_000_000;
  private static final byte[] PAYLOAD = new byte[10];

  private long now = 5_000;

  private static BatchConfig.Builder config() {
    return BatchConfig.builder().maxBatchSize(4).maxBatchDelay(Duration.ofMillis(10));
  }

  private CommandBatcher batcher(BatchConfig.Builder config) {
    return new CommandBatcher(config.build(), () -> now);
  }

  private void enqueue(CommandBatcher batcher, long number) {
    batcher.enqueue(CommandBatch.KIND_APPLY, 7, number, number, PAYLOAD, now);
  }

  private static CommandBatch poll(CommandBatcher batcher) {
    CommandBatch batch = batcher.poll(BatchId.pack(2, 9), 1234, 5);
    assertThat(batch).isNotNull();
    return batch;
  }

  private static List<Long> numbers(CommandBatch batch) {
    List<Long> numbers = new ArrayList<>();
    CommandBatch.Cursor cursor = batch.cursor();
    while (cursor.next()) {
      numbers.add(cursor.number());
    }
    return numbers;
  }

  @Test
  void anIdleAdaptiveBatcherIsReadyWithTheFirstCommand() {
    CommandBatcher batcher = batcher(config());
    assertThat(batcher.ready(now, 0)).isFalse();
    enqueue(batcher, 1);
    assertThat(batcher.ready(now, 0)).isTrue();
  }

  @Test
  void aBusyBatcherWaitsForAFullBatch() {
    CommandBatcher batcher = batcher(config());
    for (long number = 1; number <= 3; number++) {
      enqueue(batcher, number);
      assertThat(batcher.ready(now, 1)).isFalse();
    }
    enqueue(batcher, 4);
    assertThat(batcher.ready(now, 1)).isTrue();
  }

  @Test
  void aBusyBatcherWaitsNoLongerThanTheDelayOfTheOldest() {
    CommandBatcher batcher = batcher(config());
    enqueue(batcher, 1);
    now += 9 * MS;
    enqueue(batcher, 2);
    assertThat(batcher.deadlineNanos()).isEqualTo(5_000 + 10 * MS);
    assertThat(batcher.ready(batcher.deadlineNanos() - 1, 1)).isFalse();
    assertThat(batcher.ready(batcher.deadlineNanos(), 1)).isTrue();
    poll(batcher);
    assertThat(batcher.deadlineNanos()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aFixedBatcherWaitsEvenWhenIdle() {
    CommandBatcher batcher = batcher(config().adaptive(false));
    enqueue(batcher, 1);
    assertThat(batcher.ready(now, 0)).isFalse();
    assertThat(batcher.ready(now + 10 * MS, 0)).isTrue();
    LongStream.rangeClosed(2, 4).forEach(number -> enqueue(batcher, number));
    assertThat(batcher.ready(now, 0)).isTrue();
  }

  @Test
  void bytesMakeABatchFull() {
    int twoCommands = CommandBatch.HEADER + 2 * (CommandBatch.COMMAND_HEADER + PAYLOAD.length);
    CommandBatcher batcher = batcher(config().maxBatchBytes(twoCommands));
    enqueue(batcher, 1);
    assertThat(batcher.ready(now, 1)).isFalse();
    enqueue(batcher, 2);
    assertThat(batcher.ready(now, 1)).isTrue();
    enqueue(batcher, 3);
    CommandBatch batch = poll(batcher);
    assertThat(batch.size()).isEqualTo(twoCommands);
    assertThat(numbers(batch)).containsExactly(1L, 2L);
    assertThat(numbers(poll(batcher))).containsExactly(3L);
  }

  @Test
  void aBatchHoldsTheOldestCommandsAsTheyCame() {
    CommandBatcher batcher = batcher(config());
    batcher.enqueue(CommandBatch.KIND_CLOSE_SESSION, 8, 3, 2, new byte[] {1, 2}, now);
    LongStream.rangeClosed(1, 4).forEach(number -> enqueue(batcher, number));
    CommandBatch batch = poll(batcher);
    assertThat(batch.id()).isEqualTo(BatchId.pack(2, 9));
    assertThat(batch.timestamp()).isEqualTo(1234);
    assertThat(batch.lowestOutstanding()).isEqualTo(5);
    assertThat(numbers(batch)).containsExactly(3L, 1L, 2L, 3L);
    CommandBatch.Cursor first = batch.cursor();
    first.next();
    assertThat(first.kind()).isEqualTo(CommandBatch.KIND_CLOSE_SESSION);
    assertThat(first.session()).isEqualTo(8);
    assertThat(first.lowestUnanswered()).isEqualTo(2);
    assertThat(first.payloadLength()).isEqualTo(2);
    assertThat(batcher.pendingCommands()).isEqualTo(1);
    assertThat(batcher.pendingBytes()).isEqualTo(PAYLOAD.length);
    ByteBuffer bytes = ByteBuffer.allocate(batch.size());
    batch.writeTo(bytes);
    assertThat(CommandBatch.read(bytes.flip(), batch.size())).isEqualTo(batch);
  }

  @Test
  void nothingPendingMakesNoBatch() {
    CommandBatcher batcher = batcher(config());
    assertThat(batcher.poll(BatchId.pack(0, 1), 0, 1)).isNull();
    assertThat(batcher.flush()).isEmpty();
    assertThat(batcher.statistics()).isEqualTo(new BatchStatistics(0, 0, 0, 0, 0));
    assertThat(batcher.statistics().averageBatchSize()).isZero();
  }

  @Test
  void aFullBufferRejectsAndTakesInAgainAfterABatch() {
    CommandBatcher batcher = batcher(config().bufferCapacity(6));
    LongStream.rangeClosed(1, 6).forEach(number -> enqueue(batcher, number));
    assertThatExceptionOfType(RabiaException.Overload.class).isThrownBy(() -> enqueue(batcher, 7));
    assertThat(batcher.pendingCommands()).isEqualTo(6);
    poll(batcher);
    enqueue(batcher, 8);
    assertThat(numbers(poll(batcher))).containsExactly(5L, 6L, 8L);
    assertThat(batcher.statistics().rejected()).isEqualTo(1);
  }

  @Test
  void theBufferIsBoundedInBytesToo() {
    CommandBatcher batcher = batcher(config().maxBatchBytes(100).bufferBytes(200));
    LongStream.rangeClosed(1, 20).forEach(number -> enqueue(batcher, number));
    assertThat(batcher.pendingBytes()).isEqualTo(200);
    assertThatExceptionOfType(RabiaException.Overload.class).isThrownBy(() -> enqueue(batcher, 21));
  }

  @Test
  void aCommandThatNoBatchHoldsIsInvalid() {
    CommandBatcher batcher = batcher(config().maxBatchBytes(100));
    byte[] largest = new byte[100 - CommandBatch.HEADER - CommandBatch.COMMAND_HEADER];
    batcher.enqueue(CommandBatch.KIND_APPLY, 1, 1, 1, largest, now);
    assertThat(poll(batcher).size()).isEqualTo(100);
    byte[] larger = new byte[largest.length + 1];
    assertThatExceptionOfType(RabiaException.Validation.class)
        .isThrownBy(() -> batcher.enqueue(CommandBatch.KIND_APPLY, 1, 2, 1, larger, now));
    assertThat(batcher.isEmpty()).isTrue();
  }

  @Test
  void keepsTheOrderWhileTheRingGrowsAndWraps() {
    CommandBatcher batcher = batcher(config().maxBatchSize(100).bufferCapacity(10_000));
    SplittableRandom random = new SplittableRandom(4);
    long in = 0;
    long out = 0;
    for (int round = 0; round < 500; round++) {
      for (int i = random.nextInt(150); i > 0; i--) {
        enqueue(batcher, ++in);
      }
      if (!batcher.isEmpty()) {
        for (long number : numbers(poll(batcher))) {
          assertThat(number).isEqualTo(++out);
        }
      }
      assertThat(batcher.pendingCommands()).isEqualTo((int) (in - out));
    }
    while (!batcher.isEmpty()) {
      out += poll(batcher).count();
    }
    assertThat(out).isEqualTo(in);
    assertThat(batcher.pendingBytes()).isZero();
  }

  @Test
  void aWaitingCommandAllocatesNothing() {
    CommandBatcher batcher = batcher(config().maxBatchSize(1000));
    long bytes =
        Allocations.of(
            () -> {
              for (int i = 0; i < 100; i++) {
                for (int number = 1; number <= 1000; number++) {
                  enqueue(batcher, number);
                }
                batcher.poll(BatchId.pack(0, 1), 0, 1);
              }
            });
    long batches = 100L * (CommandBatch.HEADER + 1000 * (CommandBatch.COMMAND_HEADER + 10));
    assertThat(bytes).isBetween(batches, batches + 100 * 200);
  }

  @Test
  void standingAloneALoneCommandLeavesAtOnce() {
    CommandBatcher batcher = batcher(config());
    assertThat(batcher.add(Command.of("a"))).map(CommandBatch::count).hasValue(1);
    now += 10 * MS;
    assertThat(batcher.add(Command.of("b"))).map(CommandBatch::count).hasValue(1);
  }

  @Test
  void standingAloneALoadFillsBatches() {
    CommandBatcher batcher = batcher(config());
    batcher.add(Command.of("first"));
    List<Integer> sizes = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      now += MS / 10;
      batcher.add(Command.of("next")).ifPresent(batch -> sizes.add(batch.count()));
    }
    assertThat(sizes).containsExactly(4, 4, 4);
  }

  @Test
  void standingAloneTheDelayEndsTheWait() {
    CommandBatcher batcher = batcher(config());
    batcher.add(Command.of("first"));
    now += 6 * MS;
    assertThat(batcher.add(Command.of("second"))).isEmpty();
    now += 6 * MS;
    assertThat(batcher.add(Command.of("third"))).isEmpty();
    now += 6 * MS;
    assertThat(batcher.add(Command.of("fourth"))).map(CommandBatch::count).hasValue(3);
  }

  @Test
  void standingAloneFlushHandsOverTheRestWithItsOwnNumbers() {
    CommandBatcher batcher = batcher(config().adaptive(false));
    batcher.add(new Command(3, 2, 1, PAYLOAD));
    now += MS;
    Optional<CommandBatch> first = batcher.flush();
    assertThat(first).map(CommandBatch::id).hasValue(BatchId.pack(0, 1));
    assertThat(first).map(CommandBatch::timestamp).hasValue(MS);
    assertThat(first).map(CommandBatch::lowestOutstanding).hasValue(1L);
    batcher.add(new Command(3, 3, 1, PAYLOAD));
    assertThat(batcher.flush()).map(CommandBatch::id).hasValue(BatchId.pack(0, 2));
    assertThat(batcher.flush()).isEmpty();
  }

  @Test
  void standingAloneACommandThatDoesNotFitStaysBehind() {
    CommandBatcher batcher = batcher(config().adaptive(false).maxBatchBytes(200));
    assertThat(batcher.add(Command.of(new byte[80]))).isEmpty();
    Optional<CommandBatch> due = batcher.add(Command.of(new byte[81]));
    assertThat(due).map(CommandBatch::size).hasValue(36 + 29 + 80);
    assertThat(batcher.flush()).map(CommandBatch::size).hasValue(36 + 29 + 81);
  }

  @Test
  void standingAloneTheSmallestBufferNeverOverflows() {
    CommandBatcher batcher =
        batcher(config().maxBatchSize(4).bufferCapacity(4).maxBatchBytes(100).bufferBytes(200));
    SplittableRandom random = new SplittableRandom(5);
    int out = 0;
    for (int i = 0; i < 10_000; i++) {
      now += random.nextInt((int) MS);
      Command command = Command.of(new byte[random.nextInt(36)]);
      out += batcher.add(command).map(CommandBatch::count).orElse(0);
    }
    out += batcher.flush().map(CommandBatch::count).orElse(0);
    assertThat(out).isEqualTo(10_000);
    assertThat(batcher.isEmpty()).isTrue();
  }

  @Test
  void countsWhatItDoes() {
    CommandBatcher batcher = batcher(config().bufferCapacity(5));
    LongStream.rangeClosed(1, 5).forEach(number -> enqueue(batcher, number));
    assertThatExceptionOfType(RabiaException.Overload.class).isThrownBy(() -> enqueue(batcher, 6));
    poll(batcher);
    poll(batcher);
    assertThat(batcher.statistics()).isEqualTo(new BatchStatistics(5, 2, 1, 5, 1));
    assertThat(batcher.statistics().averageBatchSize()).isEqualTo(2.5);
  }
}
