package io.rabia.engine.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Token;
import io.rabia.engine.protocol.Configuration.Member;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InitTest {
  private static final Init INIT =
      new Init("größe", Configurations.members(3), 128, 0x1234567890L, 1_700_000_000L);

  private static byte[] bytes(Init init) {
    ByteBuffer encoded = init.encode();
    byte[] bytes = new byte[encoded.remaining()];
    encoded.get(bytes);
    return bytes;
  }

  private static void assertRefused(byte[] bytes) {
    assertThatExceptionOfType(RabiaException.Serialization.class)
        .isThrownBy(() -> Init.decode(ByteBuffer.wrap(bytes)));
  }

  @Test
  void comesBackAsItWas() {
    assertThat(Init.decode(INIT.encode())).isEqualTo(INIT);
    Init largest = new Init("x".repeat(255), Configurations.members(64), 4096, -1, Long.MIN_VALUE);
    assertThat(Init.decode(largest.encode())).isEqualTo(largest);
  }

  @Test
  void theFirstMemberIsTheFounder() {
    assertThat(INIT.founder()).isEqualTo(Configurations.token(1));
    assertThat(INIT.configuration()).isEqualTo(Configurations.of(3, 128));
  }

  @Test
  void refusesBytesThatEndAnywhere() {
    byte[] bytes = bytes(INIT);
    for (int length = 0; length < bytes.length; length++) {
      assertRefused(Arrays.copyOf(bytes, length));
    }
  }

  @Test
  void refusesAByteTooMany() {
    assertRefused(Arrays.copyOf(bytes(INIT), bytes(INIT).length + 1));
  }

  /** Nothing when the bytes are refused; any other error is one. */
  private static Optional<Init> decode(byte[] bytes) {
    try {
      return Optional.of(Init.decode(ByteBuffer.wrap(bytes)));
    } catch (RabiaException.Serialization e) {
      return Optional.empty();
    }
  }

  @Test
  void aFlippedBitMakesAnotherInitOrNone() {
    byte[] bytes = bytes(INIT);
    int taken = 0;
    for (int bit = 0; bit < 8 * bytes.length; bit++) {
      byte[] flipped = bytes.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      Optional<Init> decoded = decode(flipped);
      if (decoded.isPresent()) {
        assertThat(decoded.get()).isNotEqualTo(INIT);
        assertThat(decoded.get().clusterId()).isNotEqualTo(INIT.clusterId());
        taken++;
      }
    }
    assertThat(taken).isPositive();
  }

  @Test
  void refusesRandomBytesWithATypedErrorOnly() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      if (bytes.length > 2) {
        bytes[0] = 0;
      }
      decode(bytes).ifPresent(init -> assertThat(bytes(init)).isEqualTo(bytes));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 65, 127, 128, 255})
  void refusesANumberOfMembersThatNoClusterHas(int count) {
    byte[] bytes = bytes(INIT);
    int place = 2 + "größe".getBytes(StandardCharsets.UTF_8).length + 4 + 8 + 8;
    assertThat(bytes[place]).isEqualTo((byte) 3);
    bytes[place] = (byte) count;
    assertRefused(bytes);
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 4097, -1})
  void refusesAWindowThatNoClusterHas(int alpha) {
    assertRefused(bytes(new Init("c", Configurations.members(3), alpha, 1, 1)));
  }

  @Test
  void refusesAMemberOrATokenThatStandsTwice() {
    List<Member> twice = new ArrayList<>(Configurations.members(2));
    twice.add(new Member(NodeId.of(1), Configurations.token(3), 2, "h", 1));
    assertRefused(bytes(new Init("c", twice, 128, 1, 1)));
    twice.set(2, new Member(NodeId.of(3), Configurations.token(1), 2, "h", 1));
    assertRefused(bytes(new Init("c", twice, 128, 1, 1)));
    twice.set(2, new Member(NodeId.of(3), Token.NONE, 2, "h", 1));
    assertRefused(bytes(new Init("c", twice, 128, 1, 1)));
  }

  @Test
  void everyPartOfItIsPartOfTheClustersIdentity() {
    List<Member> members = Configurations.members(3);
    List<Member> others = new ArrayList<>(members);
    others.set(2, new Member(NodeId.of(3), new Token(3, 104), 2, "host3", 7102));
    List<Init> inits =
        List.of(
            INIT,
            new Init("other", members, 128, INIT.secretHash(), INIT.clockStart()),
            new Init("größe", others, 128, INIT.secretHash(), INIT.clockStart()),
            new Init("größe", members, 129, INIT.secretHash(), INIT.clockStart()),
            new Init("größe", members, 128, 1, INIT.clockStart()),
            new Init("größe", members, 128, INIT.secretHash(), 1));
    assertThat(inits.stream().map(Init::clusterId).distinct()).hasSize(inits.size());
    assertThat(Init.decode(INIT.encode()).clusterId()).isEqualTo(INIT.clusterId());
  }
}
