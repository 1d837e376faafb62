package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.RabiaException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

final class SettingFlagsTest {
  private static final List<String> PIECES =
      List.of(
          "--id",
          "1",
          "--id=2",
          "--id=",
          "--id==",
          "--secret",
          "--secret=@file",
          "@file",
          "--members=1=127.0.0.1:1,2=127.0.0.1:2",
          "1=127.0.0.1:1",
          "--data",
          "/tmp/a b",
          "\"quoted\"",
          "--data=\"q\"",
          "${sys:user.dir}",
          "-1",
          "--",
          "",
          "x",
          "server",
          "--config",
          "--print-config",
          "--unknown=1",
          "id=3",
          "id",
          "-h");

  private static Map<String, String> plain(List<String> arguments) {
    return SettingFlags.plain(arguments.toArray(String[]::new));
  }

  @Test
  void whatIsPlainIsWhatPicocliTakes() {
    SplittableRandom random = new SplittableRandom(7);
    int plain = 0;
    for (int round = 0; round < 20_000; round++) {
      List<String> arguments = new ArrayList<>(List.of("server"));
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        arguments.add(PIECES.get(random.nextInt(PIECES.size())));
      }
      Map<String, String> given = plain(arguments);
      if (given != null) {
        plain++;
        assertThat(given).as("%s", arguments).isEqualTo(parsed(arguments));
      }
    }
    assertThat(plain).isGreaterThan(1000);
  }

  private static Map<String, String> parsed(List<String> arguments) {
    CommandSpec spec =
        SettingFlags.specification(
            new ServerCommand(
                (config, store, onStopped) -> {
                  throw new RabiaException.Closed("not to be started");
                }));
    new CommandLine(spec).parseArgs(arguments.subList(1, arguments.size()).toArray(String[]::new));
    return SettingFlags.given(spec);
  }

  @Test
  void theUsualWaysToStartAServerArePlain() {
    assertThat(plain(List.of("server", "--id", "1", "--members=1=a:1,2=b:2", "--data", "/d/e")))
        .containsOnly(
            Map.entry("id", "1"), Map.entry("members", "1=a:1,2=b:2"), Map.entry("data", "/d/e"));
    assertThat(plain(List.of("server"))).isEmpty();
    assertThat(plain(List.of("get", "--id", "1"))).isNull();
    assertThat(plain(List.of())).isNull();
  }
}
