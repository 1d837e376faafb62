package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.Allocations;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the command that there is most of leaves to the collector: its result. */
class SetGarbageTest {
  private static final int KEYS = 1000;

  /** Twice what the history holds. */
  private static final int SETS = 200_000;

  /** Bytes of a byte[9]. */
  private static final int RESULT = 32;

  private final List<ByteBuffer> commands = new ArrayList<>();
  private long slot;

  private void set(KvStateMachine store) {
    for (int i = 0; i < SETS; i++) {
      slot++;
      store.apply(slot, slot, commands.get(i % KEYS).rewind());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSetOfAKeyThatIsThereAllocatesItsResultOnly(boolean history) {
    for (int key = 0; key < KEYS; key++) {
      byte[] bytes = ByteBuffer.allocate(16).putInt(key).array();
      commands.add(StoreModel.encoded(new KvCommand.Set(bytes, bytes)).asReadOnlyBuffer());
    }
    KvStateMachine store =
        new KvStateMachine(KVStoreConfig.builder().enableNotifications(history).build());
    double each = (double) Allocations.of(() -> set(store)) / SETS;
    assertThat(store.entries()).isEqualTo(KEYS);
    assertThat(each).as("bytes of a set").isBetween((double) RESULT, RESULT + 1.0);
  }
}
