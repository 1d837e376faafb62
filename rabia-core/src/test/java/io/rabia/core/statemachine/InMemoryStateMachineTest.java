package io.rabia.core.statemachine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InMemoryStateMachineTest {
  private final InMemoryStateMachine machine = new InMemoryStateMachine();

  private static ByteBuffer utf8(String text) {
    return StandardCharsets.UTF_8.encode(text);
  }

  private static String apply(StateMachine machine, String command) {
    return new String(machine.apply(1, 1, utf8(command)), StandardCharsets.UTF_8);
  }

  private static String query(StateMachine machine, String query) {
    return new String(machine.query(utf8(query)), StandardCharsets.UTF_8);
  }

  private static byte[] snapshot(StateMachine machine) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    machine.snapshot(out);
    return out.toByteArray();
  }

  private static void restore(StateMachine machine, byte[] snapshot) throws IOException {
    machine.restore(new ByteArrayInputStream(snapshot));
  }

  @Test
  void setsGetsAndDeletes() {
    assertThat(apply(machine, "GET k")).isEqualTo("NIL");
    assertThat(apply(machine, "SET k v")).isEqualTo("OK");
    assertThat(apply(machine, "GET k")).isEqualTo("v");
    assertThat(query(machine, "GET k")).isEqualTo("v");
    assertThat(apply(machine, "SET k a longer  välue ")).isEqualTo("OK");
    assertThat(apply(machine, "GET k")).isEqualTo("a longer  välue ");
    assertThat(apply(machine, "DEL k")).isEqualTo("OK");
    assertThat(apply(machine, "DEL k")).isEqualTo("NIL");
    assertThat(query(machine, "GET k")).isEqualTo("NIL");
  }

  @Test
  void aValueMayBeEmpty() {
    assertThat(apply(machine, "SET k ")).isEqualTo("OK");
    assertThat(apply(machine, "GET k")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " ", "SET", "SET k", "SET  v", "GET", "GET ", "GET k x", "DEL", "DEL k x", "set k v",
        "PUT k v", "\n"
      })
  void anythingElseIsAnErrorAndChangesNothing(String command) {
    apply(machine, "SET k v");
    long hash = machine.stateHash();
    assertThat(apply(machine, command)).startsWith("ERR expected");
    assertThat(machine.stateHash()).isEqualTo(hash);
  }

  @Test
  void bytesThatAreNoTextAreAnError() {
    byte[] result = machine.apply(1, 1, ByteBuffer.wrap(new byte[] {'G', (byte) 0xFF}));
    assertThat(result).asString(StandardCharsets.UTF_8).isEqualTo("ERR not UTF-8");
  }

  @Test
  void aQueryChangesNothing() {
    apply(machine, "SET k v");
    assertThat(query(machine, "SET k w")).isEqualTo("ERR not a query");
    assertThat(query(machine, "DEL k")).isEqualTo("ERR not a query");
    assertThat(query(machine, "GET k")).isEqualTo("v");
  }

  @Test
  void isBounded() {
    InMemoryStateMachine small = new InMemoryStateMachine(2);
    apply(small, "SET a 1");
    apply(small, "SET b 1");
    assertThat(apply(small, "SET c 1")).isEqualTo("ERR full");
    assertThat(apply(small, "SET a 2")).isEqualTo("OK");
    apply(small, "DEL b");
    assertThat(apply(small, "SET c 1")).isEqualTo("OK");
  }

  @Test
  void equalStatesHaveEqualHashesAndSnapshotsWhateverTheWayThere() throws IOException {
    InMemoryStateMachine other = new InMemoryStateMachine();
    for (int i = 0; i < 1000; i++) {
      apply(machine, "SET key" + i + " value" + i);
      apply(other, "SET key" + (999 - i) + " old");
      apply(other, "SET key" + (999 - i) + " value" + (999 - i));
    }
    apply(other, "SET extra x");
    assertThat(other.stateHash()).isNotEqualTo(machine.stateHash());
    apply(other, "DEL extra");
    assertThat(other.stateHash()).isEqualTo(machine.stateHash());
    assertThat(snapshot(other)).isEqualTo(snapshot(machine));
  }

  @Test
  void theHashTellsKeysFromValues() {
    InMemoryStateMachine other = new InMemoryStateMachine();
    apply(machine, "SET ab c");
    apply(other, "SET a bc");
    assertThat(machine.stateHash()).isNotEqualTo(other.stateHash());
    assertThat(machine.stateHash()).isNotEqualTo(new InMemoryStateMachine().stateHash());
  }

  @Test
  void restoresASnapshotInPlaceOfItsState() throws IOException {
    apply(machine, "SET a 1");
    apply(machine, "SET ü 2 3");
    InMemoryStateMachine other = new InMemoryStateMachine();
    apply(other, "SET gone x");
    restore(other, snapshot(machine));
    assertThat(query(other, "GET a")).isEqualTo("1");
    assertThat(query(other, "GET ü")).isEqualTo("2 3");
    assertThat(query(other, "GET gone")).isEqualTo("NIL");
    assertThat(other.stateHash()).isEqualTo(machine.stateHash());
  }

  @Test
  void aSnapshotCutAnywhereIsRefusedAndChangesNothing() throws IOException {
    apply(machine, "SET a 1");
    byte[] whole = snapshot(machine);
    InMemoryStateMachine other = new InMemoryStateMachine();
    apply(other, "SET b 2");
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatExceptionOfType(IOException.class).isThrownBy(() -> restore(other, cut));
    }
    assertThat(query(other, "GET b")).isEqualTo("2");
  }

  @Test
  void aSnapshotOfAnotherFormatOrWithImpossibleNumbersIsRefused() throws IOException {
    apply(machine, "SET a 1");
    for (int[] change : new int[][] {{0, 2}, {4, -1}, {4, 1 << 30}, {8, -1}, {8, 1 << 30}}) {
      byte[] wrong = ByteBuffer.wrap(snapshot(machine)).putInt(change[0], change[1]).array();
      assertThatExceptionOfType(IOException.class).isThrownBy(() -> restore(machine, wrong));
    }
  }
}
