package io.rabia.benchmarks.cluster;

import java.util.LinkedHashMap;
import java.util.Map;

/** {@code key=value key=value ...}: how the processes of a run talk to each other. */
final class Fields {
  private final Map<String, String> values = new LinkedHashMap<>();

  static Fields parse(String text) {
    Fields fields = new Fields();
    for (String field : text.trim().split(" +", -1)) {
      int equals = field.indexOf('=');
      if (equals > 0) {
        fields.values.put(field.substring(0, equals), field.substring(equals + 1));
      }
    }
    return fields;
  }

  /** Keys and values in turn. */
  static Fields of(Object... keysAndValues) {
    Fields fields = new Fields();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      fields.values.put(keysAndValues[i].toString(), keysAndValues[i + 1].toString());
    }
    return fields;
  }

  String text(String key) {
    String value = values.get(key);
    if (value == null) {
      throw new IllegalArgumentException("no " + key + " in " + this);
    }
    return value;
  }

  long number(String key) {
    return Long.parseLong(text(key));
  }

  double decimal(String key) {
    return Double.parseDouble(text(key));
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    values.forEach(
        (key, value) ->
            text.append(text.isEmpty() ? "" : " ").append(key).append('=').append(value));
    return text.toString();
  }
}
