package io.rabia.testing.sim;

import io.rabia.core.statemachine.StateMachine;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * The clients' registers and a guest's state machine on one log. What is for the guest begins with
 * a mark, which no operation of a client has as its number. One thread.
 */
final class Hosted implements StateMachine {
  private static final long MARK = Long.MIN_VALUE;

  private final RegisterMachine registers;
  private final StateMachine guest;

  Hosted(RegisterMachine registers, StateMachine guest) {
    this.registers = registers;
    this.guest = guest;
  }

  /** A command or query for the guest. */
  static byte[] marked(byte[] bytes) {
    return ByteBuffer.allocate(Long.BYTES + bytes.length).putLong(MARK).put(bytes).array();
  }

  /** Is it for the guest? If so, the mark is taken off. */
  private static boolean takeMark(ByteBuffer bytes) {
    boolean marked = bytes.remaining() >= Long.BYTES && bytes.getLong(bytes.position()) == MARK;
    if (marked) {
      bytes.position(bytes.position() + Long.BYTES);
    }
    return marked;
  }

  @Override
  public byte[] apply(long slot, long logTime, ByteBuffer command) {
    return (takeMark(command) ? guest : registers).apply(slot, logTime, command);
  }

  @Override
  public byte[] query(ByteBuffer query) {
    return (takeMark(query) ? guest : registers).query(query);
  }

  /** The registers take as many bytes as they need, the guest the rest. */
  @Override
  public void snapshot(OutputStream target) throws IOException {
    registers.snapshot(target);
    guest.snapshot(target);
  }

  @Override
  public void restore(InputStream source) throws IOException {
    registers.restore(source);
    guest.restore(source);
  }

  @Override
  public long stateHash() {
    return registers.stateHash() * 31 + guest.stateHash();
  }
}
