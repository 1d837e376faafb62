package io.rabia.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.RabiaException;
import io.rabia.core.statemachine.InMemoryStateMachine;
import io.rabia.core.statemachine.StateMachine;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CompositeStateMachineTest {

  /** Admits the token that was applied last, until log time 100. */
  private static final class Door implements Fence {
    private byte[] valid = {};

    @Override
    public byte[] apply(long slot, long logTime, ByteBuffer command) {
      valid = new byte[command.remaining()];
      command.get(valid);
      return new byte[0];
    }

    @Override
    public boolean admits(long logTime, ByteBuffer token) {
      return logTime < 100 && token.equals(ByteBuffer.wrap(valid));
    }

    @Override
    public byte[] query(ByteBuffer query) {
      return valid;
    }

    @Override
    public void snapshot(OutputStream target) throws IOException {
      target.write(valid);
    }

    @Override
    public void restore(InputStream source) throws IOException {
      valid = source.readAllBytes();
    }

    @Override
    public long stateHash() {
      return Arrays.hashCode(valid);
    }
  }

  private final CompositeStateMachine machine = machine();

  private static CompositeStateMachine machine() {
    return CompositeStateMachine.of(
        Map.of(
            "a", new InMemoryStateMachine(), "b", new InMemoryStateMachine(), "door", new Door()));
  }

  private static byte[] command(String part, byte[] fence, String text) {
    return CompositeStateMachine.envelope(part.getBytes(UTF_8), fence, text.getBytes(UTF_8));
  }

  private static byte[] token(String part, String token) {
    byte[] name = part.getBytes(UTF_8);
    return ByteBuffer.allocate(3 + name.length + token.length())
        .put((byte) name.length)
        .put(name)
        .putShort((short) token.length())
        .put(token.getBytes(UTF_8))
        .array();
  }

  private String apply(long time, byte[] command) {
    byte[] result = machine.apply(1, time, ByteBuffer.wrap(command).asReadOnlyBuffer());
    return result[0] == CompositeStateMachine.REFUSED
        ? "refused"
        : new String(result, 1, result.length - 1, UTF_8);
  }

  private String get(StateMachine from, String part, String key) {
    byte[] answer = from.query(ByteBuffer.wrap(command(part, null, "GET " + key)));
    return new String(answer, 1, answer.length - 1, UTF_8);
  }

  @Test
  void eachPartHasItsOwnState() {
    assertThat(apply(1, command("a", null, "SET k 1"))).isEqualTo("OK");
    assertThat(apply(1, command("b", null, "SET k 2"))).isEqualTo("OK");
    assertThat(get(machine, "a", "k")).isEqualTo("1");
    assertThat(get(machine, "b", "k")).isEqualTo("2");
  }

  @Test
  void aCommandWithATokenThatIsNotValidIsNotExecuted() {
    apply(1, command("door", null, "t1"));
    assertThat(apply(1, command("a", token("door", "t1"), "SET k 1"))).isEqualTo("OK");
    apply(1, command("door", null, "t2"));
    assertThat(apply(1, command("a", token("door", "t1"), "SET k 2"))).isEqualTo("refused");
    assertThat(apply(99, command("a", token("door", "t2"), "SET k 3"))).isEqualTo("OK");
    assertThat(apply(100, command("a", token("door", "t2"), "SET k 4"))).isEqualTo("refused");
    assertThat(get(machine, "a", "k")).isEqualTo("3");
  }

  @Test
  void whatNamesNoPartOrNoFenceFailsAndChangesNothing() {
    apply(1, command("a", null, "SET k 1"));
    long hash = machine.stateHash();
    byte[] whole = command("a", token("door", ""), "SET k 2");
    for (byte[] bad :
        new byte[][] {
          command("c", null, "SET k 2"),
          command("a", token("b", "t"), "SET k 2"),
          command("a", token("c", "t"), "SET k 2"),
          {7},
          {},
          Arrays.copyOf(whole, 4),
          Arrays.copyOf(whole, 8),
          Arrays.copyOf(whole, 9)
        }) {
      assertThatThrownBy(() -> machine.apply(1, 1, ByteBuffer.wrap(bad)))
          .isInstanceOf(RabiaException.Serialization.class);
    }
    assertThatThrownBy(() -> machine.query(ByteBuffer.wrap(whole)))
        .isInstanceOf(RabiaException.Serialization.class);
    assertThat(machine.stateHash()).isEqualTo(hash);
    assertThatThrownBy(() -> CompositeStateMachine.of(Map.of("", new Door())))
        .isInstanceOf(RabiaException.Validation.class);
  }

  @Test
  void aSnapshotHoldsAllPartsOfAnySize() throws IOException {
    apply(1, command("door", null, "t1"));
    for (int i = 0; i < 3000; i++) {
      apply(1, command("a", null, "SET key" + i + " value"));
    }
    apply(1, command("b", null, "SET k 2"));
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    machine.freeze().writeTo(written);
    CompositeStateMachine other = machine();
    other.restore(new ByteArrayInputStream(written.toByteArray()));
    assertThat(other.stateHash()).isEqualTo(machine.stateHash());
    assertThat(get(other, "a", "key2999")).isEqualTo("value");
    assertThat(get(other, "b", "k")).isEqualTo("2");
    byte[] answer = other.query(ByteBuffer.wrap(command("door", null, "")));
    assertThat(new String(answer, 1, answer.length - 1, UTF_8)).isEqualTo("t1");
    byte[] cut = Arrays.copyOf(written.toByteArray(), written.size() - 5);
    assertThatThrownBy(() -> machine().restore(new ByteArrayInputStream(cut)))
        .isInstanceOf(IOException.class);
    CompositeStateMachine less = CompositeStateMachine.of(Map.of("a", new InMemoryStateMachine()));
    assertThatThrownBy(() -> less.restore(new ByteArrayInputStream(written.toByteArray())))
        .isInstanceOf(IOException.class);
  }

  @Test
  void aMachineWithAPartMoreIsAnotherOneBeforeAnyCommandNamesIt() {
    CompositeStateMachine less =
        CompositeStateMachine.of(Map.of("a", new InMemoryStateMachine(), "door", new Door()));
    CompositeStateMachine more =
        CompositeStateMachine.of(
            Map.of("a", new InMemoryStateMachine(), "door", new Door(), "new", new Door()));
    assertThat(more.stateHash()).isNotEqualTo(less.stateHash());
  }

  @Test
  void theHashTellsWhichPartHasWhat() {
    CompositeStateMachine other = machine();
    apply(1, command("a", null, "SET k 1"));
    other.apply(1, 1, ByteBuffer.wrap(command("b", null, "SET k 1")));
    assertThat(other.stateHash()).isNotEqualTo(machine.stateHash());
  }
}
