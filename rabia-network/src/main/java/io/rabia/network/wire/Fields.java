package io.rabia.network.wire;

import io.rabia.core.RabiaException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A line of text that people and scripts read: a word, then {@code name=value} fields, blanks
 * between. Immutable.
 *
 * @param fields in the order of the line
 */
public record Fields(String word, Map<String, String> fields) {

  private static final Set<String> HEXADECIMAL = Set.of("hash", "data", "crc");

  public static Fields parse(String line) {
    Map<String, String> fields = new LinkedHashMap<>();
    String word = "";
    for (String part : line.strip().split(" ", -1)) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        fields.put(part.substring(0, equals), part.substring(equals + 1));
      } else if (word.isEmpty()) {
        word = part;
      }
    }
    return new Fields(word, fields);
  }

  /**
   * @throws RabiaException.Validation when it is not there
   */
  public String text(String name) {
    String value = fields.get(name);
    if (value == null) {
      throw new RabiaException.Validation("'" + word + "' without " + name);
    }
    return value;
  }

  /**
   * @throws RabiaException.Validation when it is not there, or no number
   */
  public long number(String name) {
    try {
      return Long.parseLong(text(name));
    } catch (NumberFormatException e) {
      throw new RabiaException.Validation("not a number: " + name + "=" + text(name));
    }
  }

  /** Numbers and truth values as such, everything else as text: what JSON is made of. */
  public Map<String, @Nullable Object> values() {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    fields.forEach((name, text) -> values.put(name, value(name, text)));
    return values;
  }

  /** A hash is text, whatever its digits. */
  private static Object value(String name, String text) {
    if (text.equals("true") || text.equals("false")) {
      return Boolean.valueOf(text);
    }
    if (HEXADECIMAL.contains(name) || !text.matches("[0-9]{1,18}(\\.[0-9]+)?")) {
      return text;
    }
    return text.indexOf('.') < 0 ? (Object) Long.valueOf(text) : Double.valueOf(text);
  }
}
