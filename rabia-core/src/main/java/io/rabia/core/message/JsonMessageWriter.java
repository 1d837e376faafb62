package io.rabia.core.message;

import com.fasterxml.jackson.core.JsonGenerator;
import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.StateValue;
import io.rabia.core.Token;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Writes what it hears as JSON objects; {@link JsonMessageReader} is its inverse. */
record JsonMessageWriter(JsonGenerator json) implements MessageHandler {

  @FunctionalInterface
  private interface Fields {
    void write() throws IOException;
  }

  private void object(String type, Fields fields) {
    try {
      json.writeStartObject();
      json.writeNumberField("version", JsonSerializer.VERSION);
      json.writeStringField("type", type);
      fields.write();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void onPropose(long slot, long id, @Nullable CommandBatch batch) {
    object("propose", () -> value(slot, id, batch));
  }

  @Override
  public void onVote1(long slot, int phase, byte value, long id) {
    object("vote1", () -> vote(slot, phase, value, id));
  }

  @Override
  public void onVote2(long slot, int phase, byte value, long id) {
    object("vote2", () -> vote(slot, phase, value, id));
  }

  @Override
  public void onDecide(long slot, long id, @Nullable CommandBatch batch) {
    object("decide", () -> value(slot, id, batch));
  }

  @Override
  public void onOffer(long slot, @Nullable CommandBatch batch) {
    object(
        "offer",
        () -> {
          json.writeNumberField("slot", slot);
          if (batch != null) {
            batch(batch);
          }
        });
  }

  @Override
  public void onBatchRequest(long id) {
    object("batchRequest", () -> json.writeStringField("id", BatchId.toString(id)));
  }

  @Override
  public void onBatchReply(CommandBatch batch) {
    object("batchReply", () -> batch(batch));
  }

  @Override
  public void onCatchUpRequest(long fromSlot, int maxBytes) {
    object(
        "catchUpRequest",
        () -> {
          json.writeNumberField("fromSlot", fromSlot);
          json.writeNumberField("maxBytes", maxBytes);
        });
  }

  @Override
  public void onCatchUpEnd(long nextSlot) {
    object("catchUpEnd", () -> json.writeNumberField("nextSlot", nextSlot));
  }

  @Override
  public void onReadProbe(long nonce) {
    object("readProbe", () -> json.writeNumberField("nonce", nonce));
  }

  @Override
  public void onReadReply(long nonce, long highestSlot) {
    object(
        "readReply",
        () -> {
          json.writeNumberField("nonce", nonce);
          json.writeNumberField("highestSlot", highestSlot);
        });
  }

  @Override
  public void onHeartbeat() {
    object("heartbeat", () -> {});
  }

  @Override
  public void onStateHash(long applied, long hash) {
    object(
        "stateHash",
        () -> {
          json.writeNumberField("applied", applied);
          json.writeNumberField("hash", hash);
        });
  }

  @Override
  public void onFormationAsk(Token founder) {
    object("formationAsk", () -> json.writeStringField("founder", founder.toString()));
  }

  @Override
  public void onFormationPromise(Token founder, Token own) {
    object(
        "formationPromise",
        () -> {
          json.writeStringField("founder", founder.toString());
          json.writeStringField("own", own.toString());
        });
  }

  @Override
  public void onInit(ByteBuffer init) {
    byte[] bytes = new byte[init.remaining()];
    init.duplicate().get(bytes);
    object("init", () -> json.writeBinaryField("encoded", bytes));
  }

  @Override
  public void onIdentity(int nodeId, Token token) {
    object(
        "identity",
        () -> {
          json.writeNumberField("nodeId", nodeId);
          json.writeStringField("token", token.toString());
        });
  }

  @Override
  public void onNumbers(long end) {
    object("numbers", () -> json.writeNumberField("end", end));
  }

  @Override
  public void onSnapshotOffer(long applied, long length, int checksum) {
    object(
        "snapshotOffer",
        () -> {
          json.writeNumberField("applied", applied);
          json.writeNumberField("length", length);
          json.writeNumberField("checksum", checksum);
        });
  }

  @Override
  public void onSnapshotRequest(long applied, int checksum, long offset) {
    object("snapshotRequest", () -> place(applied, checksum, offset));
  }

  @Override
  public void onSnapshotChunk(long applied, int checksum, long offset, ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    object(
        "snapshotChunk",
        () -> {
          place(applied, checksum, offset);
          json.writeBinaryField("bytes", copy);
        });
  }

  @Override
  public void onInstalled(long applied) {
    object("installed", () -> json.writeNumberField("applied", applied));
  }

  private void place(long applied, int checksum, long offset) throws IOException {
    json.writeNumberField("applied", applied);
    json.writeNumberField("checksum", checksum);
    json.writeNumberField("offset", offset);
  }

  private void value(long slot, long id, @Nullable CommandBatch batch) throws IOException {
    json.writeNumberField("slot", slot);
    json.writeStringField("id", BatchId.toString(id));
    if (batch != null) {
      batch(batch);
    }
  }

  private void vote(long slot, int phase, byte value, long id) throws IOException {
    json.writeNumberField("slot", slot);
    json.writeNumberField("phase", phase);
    json.writeStringField("value", StateValue.of(value).name());
    json.writeStringField("id", BatchId.toString(id));
  }

  private void batch(CommandBatch batch) throws IOException {
    json.writeObjectFieldStart("batch");
    json.writeStringField("id", BatchId.toString(batch.id()));
    json.writeNumberField("timestamp", batch.timestamp());
    json.writeNumberField("lowestOutstanding", batch.lowestOutstanding());
    json.writeArrayFieldStart("commands");
    CommandBatch.Cursor command = batch.cursor();
    while (command.next()) {
      json.writeStartObject();
      json.writeStringField("kind", JsonMessageReader.kindName(command.kind()));
      json.writeNumberField("session", command.session());
      json.writeNumberField("number", command.number());
      json.writeNumberField("lowestUnanswered", command.lowestUnanswered());
      json.writeFieldName("payload");
      json.writeBinary(command.array(), command.payloadOffset(), command.payloadLength());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
