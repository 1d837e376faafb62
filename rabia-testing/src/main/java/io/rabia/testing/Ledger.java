package io.rabia.testing;

import io.rabia.core.statemachine.StateMachine;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A state machine that writes down every command, which is a number, in the order of execution. A
 * query is answered with all of them. One thread.
 */
final class Ledger implements StateMachine {
  private List<Long> executed = new ArrayList<>();
  private long hash;

  static byte[] command(long number) {
    return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
  }

  static List<Long> decode(byte[] answer) {
    List<Long> numbers = new ArrayList<>();
    ByteBuffer bytes = ByteBuffer.wrap(answer);
    while (bytes.hasRemaining()) {
      numbers.add(bytes.getLong());
    }
    return numbers;
  }

  @Override
  public byte[] apply(long slot, long logTime, ByteBuffer command) {
    add(command.getLong(command.position()));
    return new byte[0];
  }

  private void add(long number) {
    executed.add(number);
    hash = (hash + number) * 0x9E3779B97F4A7C15L;
    hash ^= hash >>> 32;
  }

  @Override
  public byte[] query(ByteBuffer query) {
    ByteBuffer answer = ByteBuffer.allocate(Long.BYTES * executed.size());
    executed.forEach(answer::putLong);
    return answer.array();
  }

  @Override
  public void snapshot(OutputStream target) throws IOException {
    DataOutputStream out = new DataOutputStream(target);
    out.writeInt(executed.size());
    for (long number : executed) {
      out.writeLong(number);
    }
    out.flush();
  }

  @Override
  public void restore(InputStream source) throws IOException {
    DataInputStream in = new DataInputStream(source);
    executed = new ArrayList<>();
    hash = 0;
    for (int left = in.readInt(); left > 0; left--) {
      add(in.readLong());
    }
  }

  @Override
  public long stateHash() {
    return hash;
  }
}
