package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class KvCodecTest {
  private static final byte[] VALUE = {9, 8};

  private static final List<byte[]> COMMANDS =
      KvForms.COMMANDS.stream().map(KvCodec::encode).toList();

  private static final List<byte[]> QUERIES =
      KvForms.QUERIES.stream().map(KvCodec::encode).toList();

  private static final List<byte[]> RESULTS =
      KvForms.RESULTS.stream().map(KvCodec::encode).toList();

  @Test
  void everyFormIsAmongThoseThatAreTested() {
    assertThat(KvForms.without(KvCommand.class, KvForms.COMMANDS)).isEmpty();
    assertThat(KvForms.without(KvQuery.class, KvForms.QUERIES)).isEmpty();
    assertThat(KvForms.without(KvResult.class, KvForms.RESULTS)).isEmpty();
  }

  @Test
  void givesBackEveryFormWithAllThatIsInIt() {
    KvForms.COMMANDS.forEach(
        c ->
            assertThat(KvCodec.decodeCommand(ByteBuffer.wrap(KvCodec.encode(c))))
                .usingRecursiveComparison()
                .isEqualTo(c));
    KvForms.QUERIES.forEach(
        q ->
            assertThat(KvCodec.decodeQuery(ByteBuffer.wrap(KvCodec.encode(q))))
                .usingRecursiveComparison()
                .isEqualTo(q));
    KvForms.RESULTS.forEach(
        r ->
            assertThat(KvCodec.decodeResult(KvCodec.encode(r)))
                .usingRecursiveComparison()
                .isEqualTo(r));
  }

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
        bytes[0] = (byte) random.nextInt(14);
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
  void refusesATransactionWithinATransactionAndFiltersWithoutEnd() {
    KvCommand inner = new KvCommand.Transaction(List.of(), List.of(), List.of());
    for (KvCommand forbidden : List.of(inner, new KvCommand.Clear(), new KvCommand.Tick())) {
      assertThatThrownBy(
              () ->
                  KvCodec.encode(
                      new KvCommand.Transaction(List.of(), List.of(forbidden), List.of())))
          .isInstanceOf(StoreException.class);
      byte[] smuggled =
          new FormWriter().u8(12).u16(0).u16(1).block(KvCodec.encode(forbidden)).u16(0).toBytes();
      assertThatThrownBy(() -> KvCodec.decodeCommand(ByteBuffer.wrap(smuggled)))
          .isInstanceOf(RabiaException.Serialization.class);
    }
    FormWriter deep = new FormWriter().u8(7).u8(2).i64(0).i32(1);
    for (int i = 0; i < 10_000; i++) {
      deep.u8(5).u16(1);
    }
    byte[] bytes = deep.u8(1).toBytes();
    assertThatThrownBy(() -> KvCodec.decodeQuery(ByteBuffer.wrap(bytes)))
        .isInstanceOf(RabiaException.Serialization.class);
    NotificationFilter filter = NotificationFilter.all();
    for (int i = 0; i <= NotificationFilter.MAX_DEPTH; i++) {
      filter = NotificationFilter.or(filter);
    }
    KvQuery tooDeep = new KvQuery.Watch(EventPosition.now(), filter, 1);
    assertThatThrownBy(() -> KvCodec.encode(tooDeep)).isInstanceOf(StoreException.class);
  }

  @Test
  void refusesToAskForChangesByACommandAndMoreFiltersThanItIsWorthAskingForEveryChange() {
    KvQuery watch = new KvQuery.Watch(EventPosition.now(), NotificationFilter.all(), 1);
    assertThatThrownBy(() -> KvCodec.encode(new KvCommand.Ask(watch)))
        .isInstanceOf(StoreException.class);
    byte[] smuggled = new FormWriter().u8(11).rest(KvCodec.encode(watch)).toBytes();
    assertThatThrownBy(() -> KvCodec.decodeCommand(ByteBuffer.wrap(smuggled)))
        .isInstanceOf(RabiaException.Serialization.class);
    int most = NotificationFilter.MAX_FILTERS - 1;
    assertThat(KvCodec.decodeQuery(ByteBuffer.wrap(KvCodec.encode(manyFilters(most)))))
        .isEqualTo(manyFilters(most));
    assertThatThrownBy(() -> KvCodec.encode(manyFilters(most + 1)))
        .isInstanceOf(StoreException.class);
    FormWriter tooMany = new FormWriter().u8(7).u8(2).i64(0).i32(1).u8(6).u16(most + 1);
    for (int i = 0; i <= most; i++) {
      tooMany.u8(1);
    }
    assertThatThrownBy(() -> KvCodec.decodeQuery(ByteBuffer.wrap(tooMany.toBytes())))
        .isInstanceOf(RabiaException.Serialization.class);
  }

  private static KvQuery manyFilters(int count) {
    return new KvQuery.Watch(
        EventPosition.now(),
        new NotificationFilter.Or(Collections.nCopies(count, NotificationFilter.all())),
        1);
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
