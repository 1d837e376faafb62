package io.rabia.benchmarks;

import static io.rabia.benchmarks.Checks.check;

import io.rabia.kvstore.KVStoreConfig;
import io.rabia.kvstore.KvCodec;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvStateMachine;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * The key-value store executes a set of a random key that is there; keys and values of 16 bytes.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class StoreApply {
  private static final int KEY = 16;
  private static final int BATCH = 128;

  @Param({"10000", "500000"})
  public int keys;

  private final SplittableRandom random = new SplittableRandom(1);
  private final ByteBuffer command =
      ByteBuffer.wrap(KvCodec.encode(new KvCommand.Set(new byte[KEY], new byte[KEY])));
  private final ByteBuffer readOnly = command.asReadOnlyBuffer();
  private final int keyAt = command.capacity() - 2 * KEY;
  private final List<ByteBuffer> batch =
      Stream.generate(() -> ByteBuffer.wrap(command.array().clone())).limit(BATCH).toList();
  private KvStateMachine store;
  private long commands;

  /** A store with every key. */
  @Setup(Level.Trial)
  public void fill() {
    store = new KvStateMachine(KVStoreConfig.defaults());
    for (int key = 0; key < keys; key++) {
      set(key);
    }
  }

  @Benchmark
  public byte[] set() {
    return set(random.nextInt(keys));
  }

  private byte[] set(long key) {
    command.putLong(keyAt, key).putLong(keyAt + KEY, ++commands);
    return store.apply(commands, commands, readOnly.clear());
  }

  /** As an engine applies a batch. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void setsOfABatch(Blackhole results) {
    for (ByteBuffer one : batch) {
      one.putLong(keyAt, random.nextInt(keys)).putLong(keyAt + KEY, ++commands);
      store.prepare(one.clear());
    }
    for (ByteBuffer one : batch) {
      results.consume(store.apply(commands, commands, one));
    }
  }

  /** Every command was executed, none brought a key more. */
  @TearDown(Level.Trial)
  public void verify() {
    check(store.entries() == keys, "as many entries as keys");
    ByteBuffer stored = ByteBuffer.wrap(set(0));
    check(stored.getLong(1) == commands, "a version for every command");
  }
}
