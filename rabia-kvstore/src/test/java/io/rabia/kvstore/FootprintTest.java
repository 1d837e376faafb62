package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** What a million entries take of the heap, everything in: table, order, history. */
@Isolated
@Tag("long")
class FootprintTest {
  private static final int ENTRIES = 1_000_000;
  private static final int KEY = 16;
  private static final int VALUE = 100;

  private static long usedHeap() {
    Runtime runtime = Runtime.getRuntime();
    long used = Long.MAX_VALUE;
    for (int i = 0; i < 4; i++) {
      System.gc();
      used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
    }
    return used;
  }

  @Test
  void anEntryTakesLessThan250BytesOverItsPayload() {
    SplittableRandom random = new SplittableRandom(1);
    long before = usedHeap();
    KvStateMachine store = new KvStateMachine(KVStoreConfig.defaults());
    for (int i = 0; i < ENTRIES; i++) {
      byte[] key = new byte[KEY];
      ByteBuffer.wrap(key).putLong(random.nextLong()).putLong(i);
      store.apply(i, i, StoreModel.encoded(new KvCommand.Set(key, new byte[VALUE])));
    }
    long each = (usedHeap() - before) / ENTRIES;
    System.out.printf(
        "%d entries of %d + %d bytes: %d bytes each, %d over the payload%n",
        ENTRIES, KEY, VALUE, each, each - KEY - VALUE);
    assertThat(store.entries()).isEqualTo(ENTRIES);
    assertThat(each - KEY - VALUE).isLessThan(250);
  }
}
