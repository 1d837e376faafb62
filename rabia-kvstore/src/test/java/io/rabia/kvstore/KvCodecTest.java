package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class KvCodecTest {
  private static final byte[] KEY = {1, 2, 3};
  private static final byte[] VALUE = {9, 8};
  private static final KvEntry ENTRY = new KvEntry(VALUE, 3, 4, 5);

  private static final List<byte[]> COMMANDS =
      List.of(
          KvCodec.encode(new KvCommand.Set(KEY, VALUE)),
          KvCodec.encode(new KvCommand.Set(KEY, new byte[0])),
          KvCodec.encode(new KvCommand.Delete(List.of(KEY, VALUE))),
          KvCodec.encode(new KvCommand.Delete(List.of())),
          KvCodec.encode(new KvCommand.CompareAndSet(KEY, null, VALUE)),
          KvCodec.encode(new KvCommand.CompareAndSet(KEY, new byte[0], VALUE)),
          KvCodec.encode(new KvCommand.CompareAndSet(KEY, KEY, VALUE)),
          KvCodec.encode(new KvCommand.Increment(KEY, Long.MIN_VALUE)));

  private static final List<byte[]> QUERIES =
      List.of(KvCodec.encode(new KvQuery.Get(KEY)), KvCodec.encode(new KvQuery.Exists(KEY)));

  private static final List<byte[]> RESULTS =
      List.of(
          KvCodec.encode(new KvResult.Stored(7)),
          KvCodec.encode(new KvResult.Deleted(2)),
          KvCodec.encode(new KvResult.Mismatch(null)),
          KvCodec.encode(new KvResult.Mismatch(ENTRY)),
          KvCodec.encode(new KvResult.Number(-5, 6)),
          KvCodec.encode(new KvResult.Found(ENTRY)),
          KvCodec.encode(new KvResult.Absent()),
          KvCodec.encode(new KvResult.Exists(true)),
          KvCodec.encode(new KvResult.Failed(StoreError.STORE_FULL, "why")));

  private static byte[] command(byte[] bytes) {
    return KvCodec.encode(KvCodec.decodeCommand(ByteBuffer.wrap(bytes)));
  }

  private static byte[] query(byte[] bytes) {
    return KvCodec.encode(KvCodec.decodeQuery(ByteBuffer.wrap(bytes)));
  }

  private static byte[] result(byte[] bytes) {
    return KvCodec.encode(KvCodec.decodeResult(bytes));
  }

  @Test
  void givesBackEveryFormAsItWas() {
    COMMANDS.forEach(bytes -> assertThat(command(bytes)).isEqualTo(bytes));
    QUERIES.forEach(bytes -> assertThat(query(bytes)).isEqualTo(bytes));
    RESULTS.forEach(bytes -> assertThat(result(bytes)).isEqualTo(bytes));
    KvCommand.CompareAndSet cas =
        (KvCommand.CompareAndSet) KvCodec.decodeCommand(ByteBuffer.wrap(COMMANDS.get(4)));
    assertThat(cas.expected()).isNull();
    assertThat(cas.value()).isEqualTo(VALUE);
    KvResult.Failed failed = (KvResult.Failed) KvCodec.decodeResult(RESULTS.get(8));
    assertThat(failed).isEqualTo(new KvResult.Failed(StoreError.STORE_FULL, "why"));
  }

  @Test
  void decodesNothingThatIsCutOrFlippedIntoSomethingElseThanItSays() {
    COMMANDS.forEach(bytes -> damage(bytes, KvCodecTest::command));
    QUERIES.forEach(bytes -> damage(bytes, KvCodecTest::query));
  }

  @Test
  void survivesDamagedResults() {
    UnaryOperator<byte[]> decode =
        bytes -> {
          KvCodec.decodeResult(bytes);
          return bytes;
        };
    RESULTS.forEach(bytes -> damage(bytes, decode));
  }

  @Test
  void survivesRandomBytes() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 50_000; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      if (bytes.length > 0) {
        bytes[0] = (byte) random.nextInt(6);
      }
      sameOrRefused(bytes, KvCodecTest::command);
      sameOrRefused(bytes, KvCodecTest::query);
    }
  }

  @Test
  void refusesKeysThatHaveNoPlaceInTheForm() {
    assertThatThrownBy(() -> KvCodec.encode(new KvCommand.Set(new byte[65536], VALUE)))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.error()).isEqualTo(StoreError.INVALID_KEY));
  }

  @Test
  void keepsEveryErrorOnItsWay() {
    for (StoreError error : StoreError.values()) {
      byte[] bytes = KvCodec.encode(new KvResult.Failed(error, ""));
      assertThat(((KvResult.Failed) KvCodec.decodeResult(bytes)).error()).isEqualTo(error);
    }
  }

  private static void damage(byte[] bytes, UnaryOperator<byte[]> roundTrip) {
    for (int length = 0; length < bytes.length; length++) {
      sameOrRefused(Arrays.copyOf(bytes, length), roundTrip);
    }
    for (int bit = 0; bit < bytes.length * 8; bit++) {
      byte[] flipped = bytes.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      sameOrRefused(flipped, roundTrip);
    }
  }

  private static void sameOrRefused(byte[] bytes, UnaryOperator<byte[]> roundTrip) {
    byte[] again;
    try {
      again = roundTrip.apply(bytes);
    } catch (RabiaException.Serialization refused) {
      return;
    }
    if (!Arrays.equals(again, bytes)) {
      assertThat(again).isEqualTo(bytes);
    }
  }
}
