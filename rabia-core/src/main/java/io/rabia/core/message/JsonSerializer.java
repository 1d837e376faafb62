package io.rabia.core.message;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.rabia.core.RabiaException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** {@link Serializer#json()}. */
final class JsonSerializer implements Serializer {

  static final int VERSION = 1;

  /** Message, batch, its list of commands, a command. */
  private static final int DEEPEST = 4;

  private static final JsonFactory FACTORY =
      new JsonFactoryBuilder()
          .configure(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES, false)
          .configure(JsonFactory.Feature.INTERN_FIELD_NAMES, false)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEEPEST)
                  .maxNameLength(32)
                  .maxNumberLength(20)
                  .maxStringLength(1 << 27)
                  .maxDocumentLength(1 << 28)
                  .build())
          .build();

  @Override
  public byte[] serialize(Message message) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator generator = FACTORY.createGenerator(bytes)) {
      message.accept(new JsonMessageWriter(generator));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  @Override
  public void serialize(Message message, ByteBuffer out) {
    out.put(serialize(message));
  }

  @Override
  public Message deserialize(byte[] bytes) {
    try (JsonParser parser = FACTORY.createParser(bytes)) {
      return JsonMessageReader.read(parser);
    } catch (IOException | IllegalArgumentException | RabiaException.Validation e) {
      throw new RabiaException.Serialization("not a message in JSON: " + e.getMessage());
    }
  }

  @Override
  public Message deserialize(ByteBuffer in) {
    byte[] bytes = new byte[in.remaining()];
    in.get(bytes);
    return deserialize(bytes);
  }
}
