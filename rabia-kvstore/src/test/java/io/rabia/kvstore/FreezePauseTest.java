package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.statemachine.StateView;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * How long the engine's thread stands still for a snapshot of a million entries: while the view is
 * taken, at the first write to each part of the table after that, and while another member's is
 * installed.
 */
@Isolated
@Tag("long")
class FreezePauseTest {
  private static final int ENTRIES = 1_000_000;
  private static final int ROUNDS = 9;
  private static final int PARTS = 256;
  private static final int WRITES = 100 * PARTS;

  private final KvStateMachine machine = new KvStateMachine(KVStoreConfig.defaults());
  private long slot;

  private long set(int key) {
    byte[] name = new byte[16];
    ByteBuffer.wrap(name).putLong(8, key);
    ByteBuffer command = ByteBuffer.wrap(KvCodec.encode(new KvCommand.Set(name, new byte[100])));
    long start = System.nanoTime();
    machine.apply(slot++, slot, command);
    return System.nanoTime() - start;
  }

  /** One of the many that are the first to change a part of the table. */
  private long slowWriteAfterAView() {
    long[] nanos = new long[WRITES];
    for (int key = 0; key < WRITES; key++) {
      nanos[key] = set(key);
    }
    Arrays.sort(nanos);
    return nanos[WRITES - PARTS / 2];
  }

  private static long median(long[] nanos) {
    Arrays.sort(nanos);
    return nanos[nanos.length / 2];
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
      long start = System.nanoTime();
      view = machine.freeze();
      freezing[round] = System.nanoTime() - start;
      copying[round] = slowWriteAfterAView();
    }
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    view.writeTo(written);
    KvStateMachine other = new KvStateMachine(KVStoreConfig.defaults());
    long start = System.nanoTime();
    other.restore(new ByteArrayInputStream(written.toByteArray()));
    long restored = System.nanoTime() - start;
    System.out.printf(
        "freeze of %d entries: %d us; a write that copies after it: %d us; restore: %d ms%n",
        ENTRIES,
        TimeUnit.NANOSECONDS.toMicros(median(freezing)),
        TimeUnit.NANOSECONDS.toMicros(median(copying)),
        TimeUnit.NANOSECONDS.toMillis(restored));
    assertThat(other.entries()).isEqualTo(ENTRIES);
    assertThat(median(freezing)).isLessThan(TimeUnit.MILLISECONDS.toNanos(1));
    assertThat(median(copying)).isLessThan(TimeUnit.MILLISECONDS.toNanos(1));
    assertThat(restored).isLessThan(TimeUnit.SECONDS.toNanos(20));
  }
}
