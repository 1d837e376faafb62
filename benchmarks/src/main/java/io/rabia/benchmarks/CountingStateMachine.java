package io.rabia.benchmarks;

import io.rabia.core.statemachine.StateMachine;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Counts commands and folds their bytes into a hash: next to no work of its own. */
public final class CountingStateMachine implements StateMachine {
  private static final byte[] APPLIED = {1};

  private long count;
  private long hash;

  /** The result of every command. */
  public static byte[] applied() {
    return APPLIED.clone();
  }

  @Override
  public byte[] apply(long slot, long logTime, ByteBuffer command) {
    count++;
    int length = command.remaining();
    hash = hash * 31 + (length >= Long.BYTES ? command.getLong(command.position()) : length);
    return APPLIED;
  }

  @Override
  public byte[] query(ByteBuffer query) {
    return ByteBuffer.allocate(Long.BYTES).putLong(count).array();
  }

  @Override
  public void snapshot(OutputStream target) throws IOException {
    DataOutputStream out = new DataOutputStream(target);
    out.writeLong(count);
    out.writeLong(hash);
    out.flush();
  }

  @Override
  public void restore(InputStream source) throws IOException {
    DataInputStream in = new DataInputStream(source);
    count = in.readLong();
    hash = in.readLong();
  }

  @Override
  public long stateHash() {
    return hash * 31 + count;
  }
}
