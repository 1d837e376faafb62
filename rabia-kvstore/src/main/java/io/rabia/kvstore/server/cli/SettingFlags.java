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
   * What is in force.
   *
   * @param given in place of a flag that was not given
   */
  static Settings settings(CommandSpec spec, Map<String, String> given, @Nullable Path file) {
    Map<String, String> flags = new HashMap<>(given);
    for (Setting setting : Setting.ALL) {
      String value = spec.findOption("--" + setting.name()).getValue();
      if (value != null) {
        flags.put(setting.name(), value);
      }
    }
    return Settings.load(flags, System.getenv(), file);
  }
}
