package io.rabia.kvstore.server.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** Results for people and for scripts. Stateless. */
final class Output {
  static final String BASE64 = "Base64";

  private Output() {}

  /** One JSON object; numbers and booleans as such, everything else as text, null as null. */
  static String json(Map<String, @Nullable Object> fields) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = new JsonFactory().createGenerator(text)) {
      out.writeStartObject();
      for (Map.Entry<String, @Nullable Object> field : fields.entrySet()) {
        out.writeFieldName(field.getKey());
        write(out, field.getValue());
      }
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  /** Prints fields as a JSON object, or in a line after a word. */
  static void print(
      CommandSpec spec, boolean json, String word, Map<String, @Nullable Object> fields) {
    StringBuilder line = new StringBuilder(word);
    fields.forEach((name, value) -> line.append(' ').append(name).append('=').append(value));
    spec.commandLine().getOut().println(json ? json(fields) : line);
    spec.commandLine().getOut().flush();
  }

  private static void write(JsonGenerator out, @Nullable Object value) throws IOException {
    if (value instanceof Long || value instanceof Integer) {
      out.writeNumber(((Number) value).longValue());
    } else if (value instanceof Double number) {
      out.writeNumber(number);
    } else if (value instanceof Boolean truth) {
      out.writeBoolean(truth);
    } else if (value == null) {
      out.writeNull();
    } else {
      out.writeString(value.toString());
    }
  }

  /** Puts the value as text, or as {@code valueBase64} when it is none. */
  static void putValue(Map<String, @Nullable Object> fields, byte[] value) {
    put(fields, "value", value);
  }

  /**
   * Puts bytes as text, or under the name with {@code Base64} at its end when they are none; null
   * as null.
   */
  static void put(Map<String, @Nullable Object> fields, String name, byte @Nullable [] bytes) {
    String text = bytes == null ? null : text(bytes);
    if (bytes != null && text == null) {
      fields.put(name + BASE64, Base64.getEncoder().encodeToString(bytes));
    } else {
      fields.put(name, text);
    }
  }

  /** The value as UTF-8; null when it is not. */
  static @Nullable String text(byte[] value) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  /** The value as UTF-8 or, when it is not, in base 64. */
  static String readable(byte[] value) {
    String text = text(value);
    return text == null ? "base64:" + Base64.getEncoder().encodeToString(value) : text;
  }
}
