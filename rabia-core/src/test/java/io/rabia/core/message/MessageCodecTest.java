package io.rabia.core.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.rabia.core.Allocations;
import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.InvariantViolation;
import io.rabia.core.RabiaException;
import io.rabia.core.StateValue;
import io.rabia.core.Token;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessageCodecTest {
  private static final String SLOT = "0000000000000105";
  private static final String ID = "000010000000002a";
  private static final String MINUS_ONE = "ffffffffffffffff";

  static List<Message> messages() {
    return Samples.all();
  }

  private static List<Message> read(ByteBuffer bytes) {
    MessageCollector collector = new MessageCollector();
    MessageCodec.read(bytes, collector);
    return collector.messages();
  }

  private static void refused(ByteBuffer bytes) {
    assertThatExceptionOfType(RabiaException.Serialization.class).isThrownBy(() -> read(bytes));
  }

  @Test
  void theSamplesHoldEveryKindOfMessage() {
    assertThat(messages().stream().map(Object::getClass).collect(Collectors.toSet()))
        .isEqualTo(
            Arrays.stream(Message.class.getPermittedSubclasses()).collect(Collectors.toSet()));
  }

  @Test
  void everyMessageHasTheBytesItAlwaysHad() {
    Samples.golden()
        .forEach(
            (message, hex) -> {
              assertThat(HexFormat.of().formatHex(Samples.encoded(message)))
                  .as(message.toString())
                  .isEqualTo(hex);
              assertThat(read(Samples.hex(hex))).containsExactly(message);
            });
  }

  @Test
  void readsAllMessagesOfABufferInOrder() {
    ByteBuffer out = ByteBuffer.allocateDirect(4096);
    messages().forEach(message -> message.writeTo(out));
    out.flip();
    assertThat(read(out)).isEqualTo(messages());
    assertThat(out.hasRemaining()).isFalse();
  }

  @Test
  void theHandlerHasHeardEverythingBeforeTheFirstBadMessage() {
    MessageCollector collector = new MessageCollector();
    assertThatExceptionOfType(RabiaException.Serialization.class)
        .isThrownBy(() -> MessageCodec.read(Samples.hex("0a0aff"), collector));
    assertThat(collector.messages())
        .containsExactly(new Message.Heartbeat(), new Message.Heartbeat());
  }

  @ParameterizedTest
  @MethodSource("messages")
  void refusesAMessageCutAtAnyByte(Message message) {
    byte[] whole = Samples.encoded(message);
    for (int length = 1; length < whole.length; length++) {
      refused(ByteBuffer.wrap(whole, 0, length));
    }
  }

  @ParameterizedTest
  @MethodSource("messages")
  void aFlippedBitMakesAnotherValidMessageOrIsRefused(Message message) {
    byte[] whole = Samples.encoded(message);
    for (int bit = 0; bit < whole.length * 8; bit++) {
      byte[] flipped = whole.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      try {
        MessageFuzzTest.assertReadsBack(flipped, read(ByteBuffer.wrap(flipped)));
      } catch (RabiaException.Serialization expected) {
        assertThat(expected).hasMessageNotContaining("null");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00",
        "11",
        "ff",
        "01" + MINUS_ONE + ID + "00000000", // slot
        "01" + SLOT + MINUS_ONE + "00000000", // no value
        "01" + SLOT + "0000100000000000" + "00000000", // number 0
        "01" + SLOT + "8000000000000001" + "00000000",
        "01" + SLOT + ID + "7fffffff",
        "01" + SLOT + ID + "ffffffff",
        "01" + SLOT + ID + "00000024",
        "02" + SLOT + "00000000" + "00", // phase 0
        "02" + SLOT + "ffffffff" + "00",
        "02" + SLOT + "00000001" + "01", // V1 without id
        "02" + SLOT + "00000001" + "04" + ID, // V0 with id
        "02" + SLOT + "00000001" + "02", // VQUESTION in round 1
        "02" + SLOT + "00000001" + "03",
        "02" + SLOT + "00000001" + "05" + MINUS_ONE,
        "02" + SLOT + "00000001" + "0d" + ID,
        "02" + SLOT + "00000001" + "85" + ID,
        "02" + MINUS_ONE + "00000001" + "00",
        "03" + SLOT + "00000000" + "00", // V0 in phase 0
        "03" + SLOT + "ffffffff" + "02",
        "03" + SLOT + "00000001" + "06" + MINUS_ONE, // two forms of one message
        "03" + SLOT + "00000001" + "07" + ID,
        "04" + MINUS_ONE + MINUS_ONE + "00000000",
        "04" + SLOT + "fffffffffffffffe" + "00000000",
        "05" + "0000000000000000",
        "05" + MINUS_ONE,
        "06" + "00000000",
        "07" + SLOT + "00000000",
        "07" + SLOT + "80000000",
        "07" + MINUS_ONE + "00000001",
        "09" + SLOT + "fffffffffffffffe",
        "0b" + "0000000000000000" + "0000000000000000",
        "0c" + SLOT + SLOT + "0000000000000000" + "0000000000000000",
        "0d" + "00000000",
        "0d" + "80000000",
        "0d" + "7fffffff",
        "0d" + "00000002" + "01",
        "0e" + "0000" + SLOT + SLOT,
        "0e" + "0001" + "0000000000000000" + "0000000000000000",
        "0f" + MINUS_ONE,
        "0f" + "0000100000000000",
        "10" + MINUS_ONE
      })
  void refusesWhatNoMemberWouldSay(String hex) {
    refused(Samples.hex(hex));
  }

  @Test
  void refusesABatchUnderAnotherId() {
    CommandBatch other = new CommandBatch.Encoder().build(BatchId.pack(1, 43), 0, 1);
    for (Message message :
        List.of(
            new Message.Propose(5, Samples.ID, Samples.BATCH),
            new Message.Decide(5, Samples.ID, Samples.BATCH))) {
      for (long id : new long[] {other.id(), BatchId.NOOP, BatchId.NONE}) {
        ByteBuffer bytes = ByteBuffer.wrap(Samples.encoded(message));
        refused(bytes.putLong(9, id));
      }
    }
  }

  @Test
  void refusesToWriteWhatNoReaderWouldAccept() {
    ByteBuffer out = ByteBuffer.allocate(1024);
    byte v0 = StateValue.CODE_V0;
    byte v1 = StateValue.CODE_V1;
    byte question = StateValue.CODE_VQUESTION;
    List<Runnable> nonsense =
        List.of(
            () -> MessageCodec.propose(out, -1, Samples.ID, null),
            () -> MessageCodec.propose(out, 1, BatchId.NONE, null),
            () -> MessageCodec.propose(out, 1, BatchId.NOOP, Samples.BATCH),
            () -> MessageCodec.vote1(out, 1, 0, v0, BatchId.NONE),
            () -> MessageCodec.vote1(out, 1, 1, question, BatchId.NONE),
            () -> MessageCodec.vote1(out, 1, 1, v1, BatchId.NONE),
            () -> MessageCodec.vote2(out, 1, 0, v0, BatchId.NONE),
            () -> MessageCodec.vote2(out, 1, 1, v0, Samples.ID),
            () -> MessageCodec.vote2(out, 1, 1, (byte) 3, Samples.ID),
            () -> MessageCodec.decide(out, 1, BatchId.NONE, Samples.BATCH),
            () -> MessageCodec.batchRequest(out, BatchId.NOOP),
            () -> MessageCodec.catchUpRequest(out, 0, 0),
            () -> MessageCodec.catchUpEnd(out, -1),
            () -> MessageCodec.readReply(out, 1, -2),
            () -> MessageCodec.formationAsk(out, Token.NONE),
            () -> MessageCodec.formationPromise(out, Samples.FOUNDER, Token.NONE),
            () -> MessageCodec.init(out, ByteBuffer.allocate(0)),
            () -> MessageCodec.identity(out, 65536, Samples.OWN),
            () -> MessageCodec.numbers(out, -1),
            () -> MessageCodec.snapshotOffer(out, 0, 1, 1),
            () -> MessageCodec.snapshotOffer(out, 1, 0, 1),
            () -> MessageCodec.snapshotRequest(out, 1, 1, -1),
            () -> MessageCodec.snapshotChunk(out, 1, 1, 0, ByteBuffer.allocate(0)),
            () -> MessageCodec.snapshotChunk(out, 1, 1, 0, ByteBuffer.allocate((256 << 10) + 1)),
            () -> MessageCodec.installed(out, 0));
    for (Runnable write : nonsense) {
      assertThatExceptionOfType(InvariantViolation.class).isThrownBy(write::run);
    }
    assertThat(out.position()).isZero();
  }

  @Test
  void theRecordsRefuseWhatTheCodecRefuses() {
    List<Runnable> nonsense =
        List.of(
            () -> new Message.Propose(-1, Samples.ID, null),
            () -> new Message.Vote1(1, 0, StateValue.V0, BatchId.NONE),
            () -> new Message.Vote2(1, 0, StateValue.V0, BatchId.NONE),
            () -> new Message.Decide(1, BatchId.NONE, Samples.BATCH),
            () -> new Message.BatchRequest(BatchId.NOOP),
            () -> new Message.CatchUpRequest(-1, 1),
            () -> new Message.CatchUpEnd(-1),
            () -> new Message.ReadReply(1, -2),
            () -> new Message.FormationAsk(Token.NONE),
            () -> new Message.FormationPromise(Token.NONE, Samples.OWN),
            () -> new Message.Init(ByteBuffer.allocate(0)),
            () -> new Message.Identity(0, Samples.OWN),
            () -> new Message.Numbers(-1),
            () -> new Message.SnapshotOffer(1, 0, 1),
            () -> new Message.SnapshotRequest(0, 1, 0),
            () -> new Message.SnapshotChunk(1, 1, 0, ByteBuffer.allocate((256 << 10) + 1)),
            () -> new Message.Installed(0));
    for (Runnable make : nonsense) {
      assertThatExceptionOfType(RabiaException.Validation.class).isThrownBy(make::run);
    }
  }

  @ParameterizedTest
  @MethodSource("messages")
  void theStatedSizeSuffices(Message message) {
    MessageCollector collector = new MessageCollector();
    message.accept(collector);
    CommandBatch batch =
        message instanceof Message.Propose propose
            ? propose.batch()
            : message instanceof Message.Decide decide
                ? decide.batch()
                : message instanceof Message.BatchReply reply
                    ? reply.batch()
                    : message instanceof Message.Offer offer ? offer.batch() : null;
    int size =
        message instanceof Message.Init init
            ? MessageCodec.initSize(init.encoded().remaining())
            : message instanceof Message.SnapshotChunk chunk
                ? MessageCodec.chunkSize(chunk.bytes().remaining())
                : MessageCodec.maxSize(batch);
    assertThat(Samples.encoded(message)).hasSizeLessThanOrEqualTo(size);
    assertThat(collector.messages()).containsExactly(message);
  }

  @Test
  void aVoteThatDoesNotFitIsAnOverflow() {
    ByteBuffer out = ByteBuffer.allocate(21);
    assertThatExceptionOfType(BufferOverflowException.class)
        .isThrownBy(() -> MessageCodec.vote2(out, 1, 0, StateValue.CODE_V1, Samples.ID));
  }

  @Test
  void refusesALittleEndianBuffer() {
    ByteBuffer bytes = Samples.hex("0a").order(ByteOrder.LITTLE_ENDIAN);
    assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> read(bytes));
  }

  @Test
  void anInitRecordDoesNotChangeWithItsSource() {
    byte[] source = {1, 2, 3};
    Message.Init init = new Message.Init(ByteBuffer.wrap(source));
    source[0] = 9;
    init.encoded().get();
    assertThat(init).isEqualTo(new Message.Init(ByteBuffer.wrap(new byte[] {1, 2, 3})));
  }

  @Test
  void votesAndProposalsOfIdsAllocateNothing() {
    ByteBuffer buffer = ByteBuffer.allocateDirect(256 * 64);
    CountingHandler counter = new CountingHandler();
    long bytes =
        Allocations.of(
            () -> {
              for (int i = 0; i < 100; i++) {
                buffer.clear();
                for (int slot = 0; slot < 256; slot++) {
                  MessageCodec.propose(buffer, slot, Samples.ID, null);
                  MessageCodec.vote2(buffer, slot, 0, StateValue.CODE_V1, Samples.ID);
                }
                MessageCodec.read(buffer.flip(), counter);
              }
            });
    assertThat(counter.heard).isEqualTo(2 * 100 * 512);
    assertThat(bytes).isLessThan(1000);
  }
}
