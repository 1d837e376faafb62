package io.rabia.core;

/**
 * What a node takes in at most; checked where commands and batches enter. Immutable and
 * thread-safe.
 *
 * @param maxCommandBytes bytes of a command's payload, default 2 Mi: larger lets everything behind
 *     it wait longer
 * @param maxBatchBytes bytes of an encoded batch, default 4 Mi: must hold the largest command, and
 *     fit a frame
 * @param maxBatchCommands commands in a batch, default 65536: larger holds up a slot longer while
 *     it is applied
 */
public record Limits(int maxCommandBytes, int maxBatchBytes, int maxBatchCommands) {

  public Limits {
    if (maxCommandBytes < 1 || maxBatchCommands < 1) {
      throw new RabiaException.Validation(
          "maxCommandBytes and maxBatchCommands must be positive: "
              + maxCommandBytes
              + ", "
              + maxBatchCommands);
    }
    int headers = CommandBatch.HEADER + CommandBatch.COMMAND_HEADER;
    if ((long) maxBatchBytes - headers < maxCommandBytes) {
      throw new RabiaException.Validation(
          "a batch of " + maxBatchBytes + " bytes cannot hold a command of " + maxCommandBytes);
    }
  }

  public static Limits defaults() {
    return new Limits(2 << 20, 4 << 20, 65_536);
  }

  /**
   * @throws RabiaException.Validation when the command is too large
   */
  public void check(Command command) {
    if (command.payload().length > maxCommandBytes) {
      throw new RabiaException.Validation(
          "command of " + command.payload().length + " bytes; the limit is " + maxCommandBytes);
    }
  }

  /**
   * @throws RabiaException.Validation when the batch, or a command in it, is too large
   */
  public void check(CommandBatch batch) {
    if (batch.size() > maxBatchBytes || batch.count() > maxBatchCommands) {
      throw new RabiaException.Validation(
          batch + "; limits: " + maxBatchCommands + " commands, " + maxBatchBytes + " bytes");
    }
    CommandBatch.Cursor command = batch.cursor();
    while (command.next()) {
      if (command.payloadLength() > maxCommandBytes) {
        throw new RabiaException.Validation(batch + " holds a command over " + maxCommandBytes);
      }
    }
  }
}
