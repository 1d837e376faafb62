package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.statemachine.StateView;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * How long the engine's thread works on a snapshot of a million entries, whatever else the machine
 * does: while the view is taken, at the first write to each part of the table after that, and while
 * another member's is installed.
 */
@Isolated
@Tag("long")
class FreezePauseTest {
  private static final int ENTRIES = 1_000_000;
  private static final int ROUNDS = 9;
  private static final int PARTS = 256;
  private static final int WRITES = 100 * PARTS;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final KvStateMachine machine = new KvStateMachine(KVStoreConfig.defaults());
  private long slot;

  private long set(int key) {
    byte[] name = new byte[16];
    ByteBuffer.wrap(name).putLong(8, key);
    ByteBuffer command = ByteBuffer.wrap(KvCodec.encode(new KvCommand.Set(name, new byte[100])));
    long start = THREADS.getCurrentThreadCpuTime();
    machine.apply(slot++, slot, command);
    return THREADS.getCurrentThreadCpuTime() - start;
  }

  /** The slowest of many, among them all that are the first to change a part of the table. */
  private long slowestWriteAfterAView() {
    long slowest = 0;
    for (int key = 0; key < WRITES; key++) {
      slowest = Math.max(slowest, set(key));
    }
    return slowest;
  }

  private static long median(long[] nanos) {
    return Arrays.stream(nanos).sorted().toArray()[nanos.length / 2];
  }

  private static long longest(long[] nanos) {
    return Arrays.stream(nanos).max().orElseThrow();
  }

  @Test
  void aViewOfAMillionEntriesStopsTheThreadForLessThanAMillisecondAndSoDoesAWriteAfterIt()
      throws IOException {
    for (int key = 0; key < ENTRIES; key++) {
      set(key);
    }
    long[] freezing = new long[ROUNDS];
    long[] copying = new long[ROUNDS];
    StateView view = machine.freeze();
    for (int round = 0; round < ROUNDS; round++) {
      long start = THREADS.getCurrentThreadCpuTime();
      view = machine.freeze();
      freezing[round] = THREADS.getCurrentThreadCpuTime() - start;
      copying[round] = slowestWriteAfterAView();
    }
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    view.writeTo(written);
    KvStateMachine other = new KvStateMachine(KVStoreConfig.defaults());
    long start = System.nanoTime();
    other.restore(new ByteArrayInputStream(written.toByteArray()));
    long restored = System.nanoTime() - start;
    System.out.printf(
        "freeze of %d entries: %d us, at most %d; the slowest write after it: %d us, at most %d;"
            + " restore: %d ms%n",
        ENTRIES,
        TimeUnit.NANOSECONDS.toMicros(median(freezing)),
        TimeUnit.NANOSECONDS.toMicros(longest(freezing)),
        TimeUnit.NANOSECONDS.toMicros(median(copying)),
        TimeUnit.NANOSECONDS.toMicros(longest(copying)),
        TimeUnit.NANOSECONDS.toMillis(restored));
    assertThat(other.entries()).isEqualTo(ENTRIES);
    assertThat(median(freezing)).isLessThan(TimeUnit.MILLISECONDS.toNanos(1));
    assertThat(median(copying)).isLessThan(TimeUnit.MILLISECONDS.toNanos(1));
    assertThat(longest(freezing)).isLessThan(TimeUnit.MILLISECONDS.toNanos(20));
    assertThat(longest(copying)).isLessThan(TimeUnit.MILLISECONDS.toNanos(20));
    assertThat(restored).isLessThan(TimeUnit.SECONDS.toNanos(20));
  }
}
