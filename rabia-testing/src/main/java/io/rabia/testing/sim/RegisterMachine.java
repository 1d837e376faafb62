package io.rabia.testing.sim;

import io.rabia.core.statemachine.StateMachine;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Registers that hold the operation that wrote them last. A write says which operation wrote
 * before; a query says which wrote last. Tells a listener everything that it applies. One thread.
 *
 * <pre>
 * command: operation i64 | register i32 | throws i8 | padding     result, answer: operation i64
 * </pre>
 */
final class RegisterMachine implements StateMachine {
  static final int REGISTERS = 8;

  interface Listener {
    void applied(long slot, long logTime, long operation, int register, long previous);

    /** The state is now that after all writes up to a slot. */
    void restored(long lastSlot);
  }

  private final Listener listener;
  private final int snapshotPadding;
  private final long[] registers = new long[REGISTERS];
  private long hash = 17;
  private long lastSlot = -1;
  private long differsFrom = Long.MAX_VALUE;

  /**
   * @param snapshotPadding bytes that a snapshot has beside the state
   */
  RegisterMachine(Listener listener, int snapshotPadding) {
    this.listener = listener;
    this.snapshotPadding = snapshotPadding;
  }

  /**
   * @param throwing the machine will throw and change nothing
   */
  static byte[] write(long operation, int register, boolean throwing, int padding) {
    return ByteBuffer.allocate(13 + padding)
        .putLong(operation)
        .putInt(register)
        .put((byte) (throwing ? 1 : 0))
        .array();
  }

  /** What a client is told of a write at which the machine threw. */
  static String failure(long operation) {
    return "IllegalStateException: refuses operation " + operation;
  }

  /** From this slot on the state is another one than at other members. */
  void differFrom(long slot) {
    differsFrom = slot;
  }

  static byte[] read(int register) {
    return ByteBuffer.allocate(4).putInt(register).array();
  }

  @Override
  public byte[] apply(long slot, long logTime, ByteBuffer command) {
    long operation = command.getLong();
    int register = command.getInt();
    long previous = registers[register];
    lastSlot = slot;
    listener.applied(slot, logTime, operation, register, previous);
    if (command.get() != 0) {
      throw new IllegalStateException("refuses operation " + operation);
    }
    registers[register] = operation;
    hash = hash * 31 + operation + (slot >= differsFrom ? 1 : 0);
    return ByteBuffer.allocate(8).putLong(previous).array();
  }

  @Override
  public byte[] query(ByteBuffer query) {
    return ByteBuffer.allocate(8).putLong(registers[query.getInt()]).array();
  }

  @Override
  public void snapshot(OutputStream target) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(8 * (REGISTERS + 2));
    Arrays.stream(registers).forEach(out::putLong);
    target.write(out.putLong(hash).putLong(lastSlot).array());
    target.write(new byte[snapshotPadding]);
  }

  @Override
  public void restore(InputStream source) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(source.readNBytes(8 * (REGISTERS + 2)));
    for (int i = 0; i < REGISTERS; i++) {
      registers[i] = in.getLong();
    }
    hash = in.getLong();
    lastSlot = in.getLong();
    if (source.readNBytes(snapshotPadding).length < snapshotPadding) {
      throw new IOException("the snapshot ends early");
    }
    listener.restored(lastSlot);
  }

  @Override
  public long stateHash() {
    return hash;
  }
}
