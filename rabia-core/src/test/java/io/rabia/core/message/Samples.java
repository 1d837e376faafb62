package io.rabia.core.message;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.StateValue;
import io.rabia.core.Token;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Messages of every kind, with the bytes that they must have for ever. */
final class Samples {
  static final long ID = BatchId.pack(1, 42);
  static final CommandBatch BATCH = batch();
  static final Token FOUNDER = new Token(0x0102030405060708L, 0x090A0B0C0D0E0F10L);
  static final Token OWN = new Token(0x1112131415161718L, -1);

  private static final String ID_HEX = "000010000000002a";
  private static final String SLOT_HEX = "0000000000000105";

  /** Made by another program, checksum included. */
  private static final String BATCH_HEX =
      "ddb2ba1c00000065000010000000002a00000000000003e8000000000000002800000002"
          + "010000000000000007000000000000000300000000000000020000000753455420612031"
          + "0200000000000000000000000000000000000000000000000000000000";

  private Samples() {}

  private static CommandBatch batch() {
    CommandBatch.Encoder encoder = new CommandBatch.Encoder();
    encoder.add(CommandBatch.KIND_APPLY, 7, 3, 2, "SET a 1".getBytes(StandardCharsets.UTF_8));
    encoder.add(CommandBatch.KIND_OPEN_SESSION, 0, 0, 0, new byte[0]);
    return encoder.build(ID, 1000, 40);
  }

  static Map<Message, String> golden() {
    long slot = 0x105;
    Map<Message, String> golden = new LinkedHashMap<>();
    golden.put(new Message.Propose(slot, ID, null), "01" + SLOT_HEX + ID_HEX + "00000000");
    golden.put(
        new Message.Propose(slot, ID, BATCH), "01" + SLOT_HEX + ID_HEX + "00000065" + BATCH_HEX);
    golden.put(
        new Message.Propose(slot, BatchId.NOOP, null),
        "01" + SLOT_HEX + "0000000000000000" + "00000000");
    golden.put(
        new Message.Vote1(slot, 1, StateValue.V0, BatchId.NONE), "02" + SLOT_HEX + "0000000100");
    golden.put(
        new Message.Vote1(slot, 0x1234, StateValue.V1, ID),
        "02" + SLOT_HEX + "0000123405" + ID_HEX);
    golden.put(
        new Message.Vote2(slot, 0, StateValue.V1, ID), "03" + SLOT_HEX + "0000000005" + ID_HEX);
    golden.put(
        new Message.Vote2(slot, 0, StateValue.V1, BatchId.NOOP),
        "03" + SLOT_HEX + "0000000005" + "0000000000000000");
    golden.put(
        new Message.Vote2(slot, 0, StateValue.VQUESTION, BatchId.NONE),
        "03" + SLOT_HEX + "0000000002");
    golden.put(
        new Message.Vote2(slot, 2, StateValue.VQUESTION, ID),
        "03" + SLOT_HEX + "0000000206" + ID_HEX);
    golden.put(
        new Message.Vote2(slot, 2, StateValue.V0, BatchId.NONE), "03" + SLOT_HEX + "0000000200");
    golden.put(new Message.Decide(slot, ID, null), "04" + SLOT_HEX + ID_HEX + "00000000");
    golden.put(
        new Message.Decide(slot, ID, BATCH), "04" + SLOT_HEX + ID_HEX + "00000065" + BATCH_HEX);
    golden.put(
        new Message.Decide(slot, BatchId.NONE, null),
        "04" + SLOT_HEX + "ffffffffffffffff" + "00000000");
    golden.put(new Message.BatchRequest(ID), "05" + ID_HEX);
    golden.put(new Message.BatchReply(BATCH), "06" + "00000065" + BATCH_HEX);
    golden.put(new Message.CatchUpRequest(slot, 65536), "07" + SLOT_HEX + "00010000");
    golden.put(new Message.CatchUpEnd(slot), "10" + SLOT_HEX);
    golden.put(new Message.ReadProbe(-2), "08" + "fffffffffffffffe");
    golden.put(new Message.ReadReply(-2, slot), "09" + "fffffffffffffffe" + SLOT_HEX);
    golden.put(new Message.ReadReply(3, -1), "09" + "0000000000000003" + "ffffffffffffffff");
    golden.put(new Message.Heartbeat(), "0a");
    golden.put(new Message.FormationAsk(FOUNDER), "0b" + "0102030405060708090a0b0c0d0e0f10");
    golden.put(
        new Message.FormationPromise(FOUNDER, OWN),
        "0c" + "0102030405060708090a0b0c0d0e0f10" + "1112131415161718ffffffffffffffff");
    golden.put(
        new Message.Init(ByteBuffer.wrap(new byte[] {9, 8, 7})), "0d" + "00000003" + "090807");
    golden.put(
        new Message.Identity(65535, OWN), "0e" + "ffff" + "1112131415161718ffffffffffffffff");
    golden.put(new Message.Numbers(1L << 40), "0f" + "0000010000000000");
    golden.put(
        new Message.SnapshotOffer(slot, 1L << 33, 0xC0FFEE01),
        "11" + SLOT_HEX + "0000000200000000" + "c0ffee01");
    golden.put(
        new Message.SnapshotRequest(slot, 0xC0FFEE01, 65536),
        "12" + SLOT_HEX + "c0ffee01" + "0000000000010000");
    golden.put(
        new Message.SnapshotChunk(slot, 0xC0FFEE01, 65536, ByteBuffer.wrap(new byte[] {9, 8, 7})),
        "13" + SLOT_HEX + "c0ffee01" + "0000000000010000" + "00000003" + "090807" + "d0cdc1fc");
    golden.put(new Message.Installed(slot), "14" + SLOT_HEX);
    golden.put(new Message.StateHash(slot, -2), "15" + SLOT_HEX + "fffffffffffffffe");
    golden.put(new Message.Offer(slot, BATCH), "16" + SLOT_HEX + "00000065" + BATCH_HEX);
    golden.put(new Message.Offer(slot, null), "16" + SLOT_HEX + "00000000");
    return golden;
  }

  static List<Message> all() {
    return new ArrayList<>(golden().keySet());
  }

  static ByteBuffer hex(String hex) {
    return ByteBuffer.wrap(HexFormat.of().parseHex(hex));
  }

  static byte[] encoded(Message message) {
    ByteBuffer out = ByteBuffer.allocate(1024);
    message.writeTo(out);
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }
}
