package io.rabia.kvstore.server;

import io.rabia.core.RabiaException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is in force and from where: flags win over the environment, that over the file, that over the defaults. Immutable
 * and thread-safe.
 */
public final class Settings {

  /** A value and where it was said. */
  private record Value(String text, String origin) {}

  private final Map<String, Value> values;

  private Settings(Map<String, Value> values) {
    this.values = values;
  }

  /**
   * @param flags by the setting's name
   * @param environment variables that are no setting's are left alone
   * @throws RabiaException.Validation when the file cannot be read or has an unknown key, with its line
   */
  public static Settings load(
      Map<String, String> flags, Map<String, String> environment, @Nullable Path file) {
    Map<String, Value> fromFile = file == null ? Map.of() : read(file);
    Map<String, Value> values = new LinkedHashMap<>();
    for (Setting setting : Setting.ALL) {
      String flag = flags.get(setting.name());
      String variable = environment.get(setting.variable());
      Value value = fromFile.get(setting.name());
      if (flag != null) {
        values.put(setting.name(), new Value(flag, "flag --" + setting.name()));
      } else if (variable != null) {
        values.put(setting.name(), new Value(variable, "environment " + setting.variable()));
      } else if (value != null) {
        values.put(setting.name(), value);
      } else if (setting.defaultValue() != null) {
        values.put(setting.name(), new Value(setting.defaultValue(), "default"));
      }
    }
    return new Settings(values);
  }

  private static Map<String, Value> read(Path file) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (CharacterCodingException e) {
      throw new RabiaException.Validation(file + ": not UTF-8");
    } catch (IOException e) {
      throw new RabiaException.Validation("the file " + file + " cannot be read: " + e);
    }
    Map<String, Value> values = new LinkedHashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      String where = file + ":" + (i + 1);
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      int equals = line.indexOf('=');
      if (equals < 1) {
        throw new RabiaException.Validation(where + ": not key = value");
      }
      String key = line.substring(0, equals).strip();
      if (Setting.ALL.stream().noneMatch(setting -> setting.name().equals(key))) {
        throw new RabiaException.Validation(where + ": unknown key '" + key + "'");
      }
      Value value = new Value(line.substring(equals + 1).strip(), where);
      if (values.put(key, value) != null) {
        throw new RabiaException.Validation(where + ": key '" + key + "' a second time");
      }
    }
    return values;
  }

  public Optional<String> get(String name) {
    Value value = values.get(name);
    return value == null || value.text().isEmpty() ? Optional.empty() : Optional.of(value.text());
  }

  /** @throws RabiaException.Validation when it is not set, with the ways to set it */
  public String require(String name) {
    return get(name)
        .orElseThrow(
            () -> {
              Setting setting =
                  Setting.ALL.stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
              return new RabiaException.Validation(
                  name
                      + " is not set: --"
                      + name
                      + ", "
                      + setting.variable()
                      + " or '"
                      + name
                      + " = ...' in the file");
            });
  }

  /** @throws RabiaException.Validation when it is not set or no number */
  public int requireInt(String name) {
    String text = require(name);
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw invalid(name, "not a number: '" + text + "'");
    }
  }

  /** The error for a value, with where it was said. */
  public RabiaException.Validation invalid(String name, String reason) {
    Value value = values.get(name);
    return new RabiaException.Validation(
        name + (value == null ? "" : " (" + value.origin() + ")") + ": " + reason);
  }

  /** What is in force and from where, a line each, secrets as ***. */
  public String describe() {
    StringBuilder text = new StringBuilder();
    for (Setting setting : Setting.ALL) {
      Value value = values.get(setting.name());
      String shown = value == null ? "" : setting.secret() ? "***" : value.text();
      String origin = value == null ? "not set" : value.origin();
      text.append(setting.name()).append(" = ").append(shown);
      text.append("  # ").append(origin).append('\n');
    }
    return text.toString();
  }
}
