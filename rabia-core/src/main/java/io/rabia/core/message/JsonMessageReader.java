package io.rabia.core.message;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.RabiaException;
import io.rabia.core.StateValue;
import io.rabia.core.Token;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads one message from JSON. Fields may stand in any order; a missing, unknown or repeated one is
 * refused, with {@link RabiaException} or {@link IllegalArgumentException}. The commands of a batch
 * are encoded as they are read.
 */
final class JsonMessageReader {

  private static final int MOST_FIELDS = 8;
  private static final Pattern BATCH_ID = Pattern.compile("(\\d{1,6})\\.(\\d{1,14})");

  /** By kind - 1. */
  private static final List<String> KINDS = List.of("apply", "openSession", "closeSession");

  private final Map<String, Object> fields = new HashMap<>();

  private JsonMessageReader() {}

  static String kindName(byte kind) {
    return KINDS.get(kind - 1);
  }

  static Message read(JsonParser parser) throws IOException {
    expect(parser.nextToken() == JsonToken.START_OBJECT, "no object");
    JsonMessageReader reader = object(parser);
    expect(parser.nextToken() == null, "something after the message");
    expect(reader.number("version") == JsonSerializer.VERSION, "unknown version");
    Message message = reader.message(reader.text("type"));
    reader.end();
    return message;
  }

  private static JsonMessageReader object(JsonParser parser) throws IOException {
    JsonMessageReader reader = new JsonMessageReader();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      expect(!reader.fields.containsKey(name), "a field twice");
      expect(reader.fields.size() < MOST_FIELDS, "too many fields");
      reader.fields.put(name, value(parser));
    }
    expect(parser.currentToken() == JsonToken.END_OBJECT, "unfinished object");
    return reader;
  }

  private static Object value(JsonParser parser) throws IOException {
    JsonToken token = parser.nextToken();
    if (token == JsonToken.VALUE_STRING) {
      return parser.getText();
    }
    if (token == JsonToken.VALUE_NUMBER_INT) {
      return parser.getLongValue();
    }
    if (token == JsonToken.START_OBJECT) {
      return object(parser);
    }
    expect(token == JsonToken.START_ARRAY, "a value of no use");
    return commands(parser);
  }

  private static CommandBatch.Encoder commands(JsonParser parser) throws IOException {
    CommandBatch.Encoder encoder = new CommandBatch.Encoder();
    while (parser.nextToken() == JsonToken.START_OBJECT) {
      JsonMessageReader command = object(parser);
      int kind = KINDS.indexOf(command.text("kind")) + 1;
      expect(kind > 0, "unknown kind of command");
      encoder.add(
          (byte) kind,
          command.number("session"),
          command.number("number"),
          command.number("lowestUnanswered"),
          command.bytes("payload"));
      command.end();
    }
    expect(parser.currentToken() == JsonToken.END_ARRAY, "no command");
    return encoder;
  }

  private Message message(String type) {
    return switch (type) {
      case "propose" -> new Message.Propose(number("slot"), id(), batchOrNull());
      case "vote1" -> new Message.Vote1(number("slot"), integer("phase"), voteValue(), id());
      case "vote2" -> new Message.Vote2(number("slot"), integer("phase"), voteValue(), id());
      case "decide" -> new Message.Decide(number("slot"), id(), batchOrNull());
      case "offer" -> new Message.Offer(number("slot"), batchOrNull());
      case "batchRequest" -> new Message.BatchRequest(id());
      case "batchReply" -> new Message.BatchReply(batch());
      case "catchUpRequest" -> new Message.CatchUpRequest(number("fromSlot"), integer("maxBytes"));
      case "catchUpEnd" -> new Message.CatchUpEnd(number("nextSlot"));
      case "readProbe" -> new Message.ReadProbe(number("nonce"));
      case "readReply" -> new Message.ReadReply(number("nonce"), number("highestSlot"));
      case "heartbeat" -> new Message.Heartbeat();
      case "stateHash" -> new Message.StateHash(number("applied"), number("hash"));
      case "formationAsk" -> new Message.FormationAsk(token("founder"));
      case "formationPromise" -> new Message.FormationPromise(token("founder"), token("own"));
      case "init" -> new Message.Init(ByteBuffer.wrap(bytes("encoded")));
      case "identity" -> new Message.Identity(integer("nodeId"), token("token"));
      case "numbers" -> new Message.Numbers(number("end"));
      case "snapshotOffer" ->
          new Message.SnapshotOffer(number("applied"), number("length"), integer("checksum"));
      case "snapshotRequest" ->
          new Message.SnapshotRequest(number("applied"), integer("checksum"), number("offset"));
      case "snapshotChunk" ->
          new Message.SnapshotChunk(
              number("applied"),
              integer("checksum"),
              number("offset"),
              ByteBuffer.wrap(bytes("bytes")));
      case "installed" -> new Message.Installed(number("applied"));
      default -> throw new RabiaException.Serialization("unknown type of message");
    };
  }

  private <T> T take(String name, Class<T> type) {
    Object value = fields.remove(name);
    if (!type.isInstance(value)) {
      throw new RabiaException.Serialization("field '" + name + "' is missing or of another type");
    }
    return type.cast(value);
  }

  private void end() {
    expect(fields.isEmpty(), "unknown field");
  }

  private long number(String name) {
    return take(name, Long.class);
  }

  private int integer(String name) {
    long value = number(name);
    expect(value == (int) value, "number out of range");
    return (int) value;
  }

  private String text(String name) {
    return take(name, String.class);
  }

  private byte[] bytes(String name) {
    return Base64.getDecoder().decode(text(name));
  }

  private StateValue voteValue() {
    return StateValue.valueOf(text("value"));
  }

  private Token token(String name) {
    String hex = text(name);
    expect(hex.length() == 32, "a token has 32 hexadecimal digits");
    return new Token(
        HexFormat.fromHexDigitsToLong(hex, 0, 16), HexFormat.fromHexDigitsToLong(hex, 16, 32));
  }

  private long id() {
    String text = text("id");
    if (text.equals(BatchId.toString(BatchId.NOOP))) {
      return BatchId.NOOP;
    }
    if (text.equals(BatchId.toString(BatchId.NONE))) {
      return BatchId.NONE;
    }
    var parts = BATCH_ID.matcher(text);
    expect(parts.matches(), "no batch id");
    return new BatchId(Integer.parseInt(parts.group(1)), Long.parseLong(parts.group(2))).packed();
  }

  private @Nullable CommandBatch batchOrNull() {
    return fields.containsKey("batch") ? batch() : null;
  }

  private CommandBatch batch() {
    JsonMessageReader batch = take("batch", JsonMessageReader.class);
    CommandBatch built =
        batch
            .take("commands", CommandBatch.Encoder.class)
            .build(batch.id(), batch.number("timestamp"), batch.number("lowestOutstanding"));
    batch.end();
    ByteBuffer bytes = ByteBuffer.allocate(built.size());
    built.writeTo(bytes);
    return CommandBatch.read(bytes.flip(), built.size());
  }

  private static void expect(boolean holds, String otherwise) {
    if (!holds) {
      throw new RabiaException.Serialization(otherwise);
    }
  }
}
