package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.server.Setting;
import io.rabia.kvstore.server.Settings;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** A flag for every setting of a server. */
final class SettingFlags {

  private SettingFlags() {}

  /** The command with them. */
  static CommandSpec specification(Object command) {
    CommandSpec specification = CommandSpec.forAnnotatedObject(command);
    for (Setting setting : Setting.ALL) {
      String defaultText =
          setting.defaultValue() == null ? "" : " (default " + setting.defaultValue() + ")";
      specification.addOption(
          OptionSpec.builder("--" + setting.name())
              .type(String.class)
              .paramLabel("VALUE")
              .description(setting.description() + defaultText)
              .build());
    }
    return specification;
  }

  /**
   * The settings of a server that is started with nothing but settings, as picocli would take them;
   * null of any other command line. So picocli is spared, which takes a tenth of the start of an
   * empty server.
   */
  static @Nullable Map<String, String> plain(String... arguments) {
    if (arguments.length == 0 || !arguments[0].equals("server")) {
      return null;
    }
    Map<String, String> given = new HashMap<>();
    for (int i = 1; i < arguments.length; i++) {
      String flag = arguments[i];
      int equals = flag.indexOf('=');
      String value = "";
      if (equals >= 0) {
        value = flag.substring(equals + 1);
        flag = flag.substring(0, equals);
      } else if (++i < arguments.length && !isSpecial(arguments[i])) {
        value = arguments[i];
      }
      if (value.isEmpty() || !isSetting(flag) || given.put(flag.substring(2), value) != null) {
        return null;
      }
    }
    return given;
  }

  /** May it be something else than the value of a flag? */
  private static boolean isSpecial(String argument) {
    return argument.startsWith("-") || argument.startsWith("@");
  }

  private static boolean isSetting(String flag) {
    for (Setting setting : Setting.ALL) {
      if (flag.equals("--" + setting.name())) {
        return true;
      }
    }
    return false;
  }

  /**
   * What is in force.
   *
   * @param given in place of a flag that was not given
   */
  static Settings settings(CommandSpec spec, Map<String, String> given, @Nullable Path file) {
    Map<String, String> flags = new HashMap<>(given);
    flags.putAll(given(spec));
    return Settings.load(flags, System.getenv(), file);
  }

  /** The flags that were given. */
  static Map<String, String> given(CommandSpec spec) {
    Map<String, String> flags = new HashMap<>();
    for (Setting setting : Setting.ALL) {
      String value = spec.findOption("--" + setting.name()).getValue();
      if (value != null) {
        flags.put(setting.name(), value);
      }
    }
    return flags;
  }
}
