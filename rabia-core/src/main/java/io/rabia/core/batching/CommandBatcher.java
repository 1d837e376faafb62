package io.rabia.core.batching;

import io.rabia.core.BatchId;
import io.rabia.core.Command;
import io.rabia.core.CommandBatch;
import io.rabia.core.RabiaException;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Collects commands in a bounded queue and makes batches of them. One thread.
 *
 * <p>The engine pulls: {@link #enqueue}, {@link #ready}, {@link #poll}. It says how many of its
 * batches are in flight, and while that is none an adaptive batcher is ready with the first
 * command; otherwise commands gather until the batch is full or the oldest has waited for {@code
 * maxBatchDelay}. So a lone command never waits, and under load batches grow to what arrives in a
 * round trip.
 *
 * <p>Standing alone, {@link #add} and {@link #flush} return batches of their own numbering (origin
 * 0, from 1). What is in flight is unknown here: the system counts as idle when no command came for
 * {@code maxBatchDelay}. Nothing happens between calls, so the caller flushes at {@link
 * #deadlineNanos}.
 */
public final class CommandBatcher {
  private final BatchConfig config;
  private final long delayNanos;
  private final LongSupplier clock;
  private final CommandQueue queue = new CommandQueue();
  private final CommandBatch.Encoder encoder = new CommandBatch.Encoder();
  private long commands;
  private long batches;
  private long fullBatches;
  private long batchedCommands;
  private long rejected;
  private long lastNumber;
  private long firstAdd;
  private long lastAdd;
  private boolean added;

  /** With the monotonic time of the host. */
  public CommandBatcher(BatchConfig config) {
    this(config, System::nanoTime);
  }

  /**
   * @param clock monotonic nanoseconds, asked by {@link #add} and {@link #flush} only
   */
  public CommandBatcher(BatchConfig config, LongSupplier clock) {
    this.config = config;
    this.delayNanos = config.maxBatchDelay().toNanos();
    this.clock = clock;
  }

  public boolean isEmpty() {
    return queue.size() == 0;
  }

  public int pendingCommands() {
    return queue.size();
  }

  /** Bytes of payload that wait. */
  public long pendingBytes() {
    return queue.payloadBytes();
  }

  /**
   * Takes a command in; the payload is not copied and must not change.
   *
   * @param kind one of {@link CommandBatch}'s kinds
   * @throws RabiaException.Overload when the buffer is full; nothing was taken in
   * @throws RabiaException.Validation when no batch can hold the command
   */
  public void enqueue(
      byte kind, long session, long number, long lowestUnanswered, byte[] payload, long nowNanos) {
    if (encodedSize(1, payload.length) > config.maxBatchBytes()) {
      throw new RabiaException.Validation(
          "command of " + payload.length + " bytes; a batch holds " + config.maxBatchBytes());
    }
    if (queue.size() == config.bufferCapacity()
        || queue.payloadBytes() + payload.length > config.bufferBytes()) {
      rejected++;
      throw new RabiaException.Overload(
          queue.size() + " commands with " + queue.payloadBytes() + " bytes are waiting");
    }
    queue.add(kind, session, number, lowestUnanswered, payload, nowNanos);
    commands++;
  }

  /**
   * Whether {@link #poll} should be called now; {@code inFlightBatches}: own ones, proposed and not
   * yet decided.
   */
  public boolean ready(long nowNanos, int inFlightBatches) {
    if (isEmpty()) {
      return false;
    }
    return (config.adaptive() && inFlightBatches == 0)
        || full()
        || nowNanos - queue.arrival() >= delayNanos;
  }

  private boolean full() {
    return queue.size() >= config.maxBatchSize()
        || encodedSize(queue.size(), queue.payloadBytes()) >= config.maxBatchBytes();
  }

  private static long encodedSize(int count, long payloadBytes) {
    return CommandBatch.HEADER + (long) count * CommandBatch.COMMAND_HEADER + payloadBytes;
  }

  /**
   * When the oldest command has waited long enough, in the time of its arrival; {@link
   * Long#MAX_VALUE} when empty.
   */
  public long deadlineNanos() {
    return isEmpty() ? Long.MAX_VALUE : queue.arrival() + delayNanos;
  }

  /**
   * Makes a batch of the oldest commands, as many as it may hold, ready or not; null when there is
   * none.
   */
  public @Nullable CommandBatch poll(long id, long timestamp, long lowestOutstanding) {
    if (isEmpty()) {
      return null;
    }
    boolean full = full();
    boolean alone = false;
    while (!isEmpty() && !alone && encoder.count() < config.maxBatchSize() && nextFits()) {
      alone = queue.kind() == CommandBatch.KIND_CONFIGURE;
      encoder.add(
          queue.kind(), queue.session(), queue.number(), queue.lowestUnanswered(), queue.payload());
      queue.remove();
    }
    batches++;
    batchedCommands += encoder.count();
    if (full) {
      fullBatches++;
    }
    return encoder.build(id, timestamp, lowestOutstanding);
  }

  private boolean nextFits() {
    boolean alone = queue.kind() == CommandBatch.KIND_CONFIGURE;
    return (encoder.count() == 0 || !alone)
        && encoder.size() + CommandBatch.COMMAND_HEADER + queue.payload().length
            <= config.maxBatchBytes();
  }

  /**
   * Takes a command in and returns a batch when one is due. A command that no longer fits makes the
   * batch before it due and stays behind.
   *
   * @throws RabiaException.Validation when no batch can hold the command
   */
  public Optional<CommandBatch> add(Command command) {
    long now = clock.getAsLong();
    boolean idle = !added || now - lastAdd >= delayNanos;
    enqueue(
        CommandBatch.KIND_APPLY,
        command.session(),
        command.number(),
        command.lowestUnanswered(),
        command.payload(),
        now);
    if (!added) {
      firstAdd = now;
      added = true;
    }
    lastAdd = now;
    return ready(now, idle ? 0 : 1) ? flush(now) : Optional.empty();
  }

  /** The commands that wait, if any. */
  public Optional<CommandBatch> flush() {
    return flush(clock.getAsLong());
  }

  private Optional<CommandBatch> flush(long now) {
    if (isEmpty()) {
      return Optional.empty();
    }
    lastNumber++;
    return Optional.ofNullable(
        poll(BatchId.pack(0, lastNumber), Math.max(0, now - firstAdd), lastNumber));
  }

  public BatchStatistics statistics() {
    return new BatchStatistics(commands, batches, fullBatches, batchedCommands, rejected);
  }
}
