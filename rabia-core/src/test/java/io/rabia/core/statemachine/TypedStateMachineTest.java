package io.rabia.core.statemachine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.rabia.core.RabiaException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TypedStateMachineTest {

  private static final class Counter extends TypedStateMachine<Long, String, Long> {
    private long total;

    Counter() {
      super(Codec.int64(), Codec.utf8(), Codec.int64());
    }

    @Override
    protected String execute(long slot, long logTime, Long add) {
      total += add;
      return slot + "@" + logTime + ": " + total;
    }

    @Override
    protected String answer(Long offset) {
      return "total " + (total + offset);
    }

    @Override
    protected Long state() {
      return total;
    }

    @Override
    protected void state(Long restored) {
      total = restored;
    }
  }

  private final Counter counter = new Counter();

  private static ByteBuffer number(long number) {
    return ByteBuffer.allocate(8).putLong(number).flip();
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Test
  void speaksTheUsersTypes() {
    assertThat(text(counter.apply(4, 99, number(5)))).isEqualTo("4@99: 5");
    assertThat(text(counter.apply(5, 100, number(-7)))).isEqualTo("5@100: -2");
    assertThat(text(counter.query(number(1)))).isEqualTo("total -1");
  }

  @Test
  void aCommandThatCannotBeDecodedFailsAndChangesNothing() {
    counter.apply(1, 1, number(5));
    long hash = counter.stateHash();
    assertThatExceptionOfType(RabiaException.Serialization.class)
        .isThrownBy(() -> counter.apply(2, 2, ByteBuffer.allocate(7)));
    assertThat(counter.stateHash()).isEqualTo(hash);
  }

  @Test
  void restoresWhatASnapshotHolds() throws IOException {
    counter.apply(1, 1, number(42));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    counter.snapshot(out);
    Counter other = new Counter();
    assertThat(other.stateHash()).isNotEqualTo(counter.stateHash());
    other.restore(new ByteArrayInputStream(out.toByteArray()));
    assertThat(other.stateHash()).isEqualTo(counter.stateHash());
    assertThat(text(other.query(number(0)))).isEqualTo("total 42");
  }

  @Test
  void anUnreadableSnapshotIsRefusedAndChangesNothing() {
    counter.apply(1, 1, number(42));
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> counter.restore(new ByteArrayInputStream(new byte[3])));
    assertThat(text(counter.query(number(0)))).isEqualTo("total 42");
  }

  @Test
  void theTextCodecIsStrict() {
    Codec<String> codec = Codec.utf8();
    assertThat(codec.decode(ByteBuffer.wrap(codec.encode("grün")))).isEqualTo("grün");
    assertThatExceptionOfType(RabiaException.Serialization.class)
        .isThrownBy(() -> codec.decode(ByteBuffer.wrap(new byte[] {(byte) 0xC3})));
  }
}
