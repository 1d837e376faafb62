package io.rabia.benchmarks.port;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The state that is replicated: values by key. One thread writes, any may read. */
public final class ValueMap {
  /** The result of a write. */
  public static final byte[] WRITTEN = {};

  private final ConcurrentMap<ByteBuffer, byte[]> values = new ConcurrentHashMap<>();

  /** Applies the content of a write: length of the key (short), key, value. */
  public void apply(ByteBuffer command) {
    byte[] key = new byte[command.getShort()];
    command.get(key);
    byte[] value = new byte[command.remaining()];
    command.get(value);
    values.put(ByteBuffer.wrap(key), value);
  }

  /** The value, empty when there is none. */
  public byte[] get(byte[] key) {
    byte[] value = values.get(ByteBuffer.wrap(key));
    return value == null ? WRITTEN : value;
  }
}
