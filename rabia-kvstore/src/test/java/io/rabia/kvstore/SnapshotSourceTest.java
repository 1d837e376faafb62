package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SnapshotSourceTest {
  private static final int SIZE = 32 << 20;
  private final byte[] bytes = new byte[SIZE];

  private SnapshotSource source() {
    new SplittableRandom(1).nextBytes(bytes);
    InputStream few =
        new ByteArrayInputStream(bytes) {
          @Override
          public synchronized int read(byte[] target, int offset, int length) {
            return super.read(target, offset, Math.min(length, 512));
          }
        };
    return new SnapshotSource(few);
  }

  /** To move what is there for every piece that comes would take minutes. */
  @Test
  @Timeout(20)
  void whatComesInSmallPiecesLiesInOne() throws IOException {
    SnapshotSource source = source();
    source.takeByte();
    source.require(SIZE - 1);
    assertThat(source.take(SIZE - 1)).isEqualTo(Arrays.copyOfRange(bytes, 1, SIZE));
  }

  @Test
  void saysWhenTheStreamIsTooShort() throws IOException {
    SnapshotSource source = source();
    source.take(SIZE - 3);
    assertThatThrownBy(() -> source.require(4))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("ends early");
    assertThat(source.take(3)).hasSize(3);
  }
}
