package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoreSnapshotTest {
  private final StoreState state = new StoreState(KVStoreConfig.defaults());

  private static boolean isRead(StoreSnapshot snapshot) {
    boolean entries = snapshot.entries.views().mayRead(0);
    assertThat(snapshot.events.views().mayRead(0)).isEqualTo(entries);
    return entries;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void readsItsViewsWhileItIsWrittenAndNotAfterwards(boolean deflated) throws IOException {
    state.put(Pair.of(new byte[] {1}, new byte[100]), null, Entry.NEVER);
    StoreSnapshot snapshot = new StoreSnapshot(state, deflated);
    assertThat(isRead(snapshot)).isTrue();
    int[] writes = {0};
    snapshot.write(
        new OutputStream() {
          @Override
          public void write(int b) {
            assertThat(isRead(snapshot)).isTrue();
            writes[0]++;
          }
        });
    assertThat(writes[0]).isPositive();
    assertThat(isRead(snapshot)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 9, 60})
  void noLongerReadsThemWhenWritingFails(int room) {
    state.put(Pair.of(new byte[] {1}, new byte[100]), null, Entry.NEVER);
    StoreSnapshot snapshot = new StoreSnapshot(state, false);
    OutputStream full =
        new OutputStream() {
          private int left = room;

          @Override
          public void write(int b) throws IOException {
            if (left-- == 0) {
              throw new IOException("full");
            }
          }
        };
    assertThatThrownBy(() -> snapshot.write(full)).hasMessage("full");
    assertThat(isRead(snapshot)).isFalse();
  }
}
