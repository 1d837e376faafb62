package io.rabia.engine;

import io.rabia.core.statemachine.StateMachine;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A state machine that keeps what it was told. The result names the command and its place; a
 * command that begins with {@code throw} throws, and one that is {@code null} answers null.
 */
final class Journal implements StateMachine {
  private final List<String> entries = new ArrayList<>();
  private final List<Long> times = new ArrayList<>();
  private volatile int size;

  /** What tells this state from that of others. */
  long wrong;

  /** {@link #stateHash} fails. */
  boolean withoutHash;

  /** What it was told to prepare for, and how many entries there were then. */
  final List<String> prepared = new ArrayList<>();

  /** {@link #prepare} fails. */
  boolean cannotPrepare;

  /** {@link #restore} fails halfway. */
  boolean cannotRestore;

  List<String> entries() {
    return entries;
  }

  /** How many there are; from any thread. */
  int size() {
    return size;
  }

  /** The log time of each entry. */
  List<Long> times() {
    return times;
  }

  @Override
  public void prepare(ByteBuffer command) {
    prepared.add(StandardCharsets.UTF_8.decode(command) + "@" + size);
    if (cannotPrepare) {
      throw new UnsupportedOperationException("the machine's bug");
    }
  }

  @Override
  @SuppressWarnings("NullAway")
  public byte[] apply(long slot, long logTime, ByteBuffer command) {
    String text = StandardCharsets.UTF_8.decode(command).toString();
    if (text.startsWith("throw")) {
      throw new UnsupportedOperationException(text);
    }
    if (text.equals("null")) {
      return null;
    }
    entries.add(text);
    times.add(logTime);
    size = entries.size();
    return (text + "@" + entries.size()).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public byte[] query(ByteBuffer query) {
    String text = StandardCharsets.UTF_8.decode(query).toString();
    if (text.startsWith("throw")) {
      throw new UnsupportedOperationException(text);
    }
    return String.join(" ", entries).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void snapshot(OutputStream target) throws IOException {
    DataOutputStream out = new DataOutputStream(target);
    out.writeInt(entries.size());
    for (int i = 0; i < entries.size(); i++) {
      out.writeUTF(entries.get(i));
      out.writeLong(times.get(i));
    }
  }

  @Override
  public void restore(InputStream source) throws IOException {
    DataInputStream in = new DataInputStream(source);
    entries.clear();
    times.clear();
    size = in.readInt();
    if (cannotRestore) {
      throw new IOException("cannot be read");
    }
    for (int i = 0; i < size; i++) {
      entries.add(in.readUTF());
      times.add(in.readLong());
    }
  }

  @Override
  public long stateHash() {
    if (withoutHash) {
      throw new UnsupportedOperationException("no hash");
    }
    return entries.hashCode() + wrong;
  }
}
