package io.rabia.kvstore.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import io.rabia.engine.RabiaConfig;
import io.rabia.network.client.HostPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SettingsTest {
  private static final Map<String, String> MINIMAL =
      Map.of(
          "id", "1",
          "members", "1=127.0.0.1:7101,2=127.0.0.1:7102",
          "initial", "new",
          "client", "127.0.0.1:7201",
          "data", "/tmp/rabia");

  @TempDir private Path directory;

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("rabia.properties"), text);
  }

  private static ServerConfig with(String name, String value) {
    Map<String, String> flags = new HashMap<>(MINIMAL);
    flags.put(name, value);
    return ServerConfig.of(Settings.load(flags, Map.of(), null));
  }

  @Test
  void letsFlagsWinOverTheEnvironmentOverTheFileOverDefaults() throws IOException {
    Path file = file("# a comment\n\nid = 1\ncluster = file\nredis=127.0.0.1:1\n");
    Map<String, String> environment =
        Map.of("RABIA_ID", "2", "RABIA_CLUSTER", "environment", "RABIA_SERVICE_HOST", "other");
    Settings settings = Settings.load(Map.of("id", "3"), environment, file);
    assertThat(settings.get("id")).contains("3");
    assertThat(settings.get("cluster")).contains("environment");
    assertThat(settings.get("redis")).contains("127.0.0.1:1");
    assertThat(settings.get("durability")).contains("fsync");
    assertThat(settings.get("http")).isEmpty();
    assertThat(settings.describe())
        .contains("id = 3  # flag --id\n")
        .contains("cluster = environment  # environment RABIA_CLUSTER\n")
        .contains("redis = 127.0.0.1:1  # " + file + ":5\n")
        .contains("durability = fsync  # default\n")
        .contains("http =   # not set\n");
  }

  @Test
  void clientsAreToldWhereItIsUnlessOnlyTheyCanKnow() {
    assertThat(with("client", "127.0.0.1:7201").advertised())
        .isEqualTo(new HostPort("127.0.0.1", 7201));
    for (String anywhere : List.of("0.0.0.0:7201", "[::]:7201", "127.0.0.1:0")) {
      assertThat(with("client", anywhere).advertised()).isNull();
    }
    assertThat(with("client-address", "outside.example:9").advertised())
        .isEqualTo(new HostPort("outside.example", 9));
    assertThatThrownBy(() -> with("client-address", "nowhere"))
        .isInstanceOf(RabiaException.Validation.class)
        .hasMessageContaining("client-address");
  }

  @Test
  void neverShowsTheSecret() {
    Settings settings = Settings.load(Map.of("secret", "hush"), Map.of(), null);
    assertThat(settings.describe()).contains("secret = ***").doesNotContain("hush");
  }

  @Test
  void namesTheLineOfAnUnknownKeyOrANonsense() {
    refusesFile("id = 1\n\ncolour = red\n", ":3: unknown key 'colour'");
    refusesFile("id = 1\nid = 2\n", ":2: key 'id' a second time");
    refusesFile("id\n", ":1: not key = value");
    assertThatThrownBy(() -> Settings.load(Map.of(), Map.of(), directory.resolve("none")))
        .isInstanceOf(RabiaException.Validation.class)
        .hasMessageContaining("none");
  }

  private void refusesFile(String text, String reason) {
    assertThatThrownBy(() -> Settings.load(Map.of(), Map.of(), file(text)))
        .isInstanceOf(RabiaException.Validation.class)
        .hasMessageEndingWith(reason);
  }

  @Test
  void takesEverySettingIntoTheConfiguration() {
    ServerConfig defaults = with("cluster", "rabia");
    assertThat(defaults.nodeId().value()).isEqualTo(1);
    assertThat(defaults.cluster().members()).hasSize(2);
    assertThat(defaults.initial()).isEqualTo(ServerConfig.Initial.NEW);
    assertThat(defaults.durability()).isEqualTo(Durability.FSYNC);
    assertThat(defaults.client().port()).isEqualTo(7201);
    assertThat(defaults.data()).isEqualTo(Path.of("/tmp/rabia"));
    assertThat(defaults.redis()).isNull();
    assertThat(defaults.http()).isNull();

    assertThat(with("id", "2").nodeId().value()).isEqualTo(2);
    assertThat(with("members", "1=h:1").cluster().members()).hasSize(1);
    assertThat(with("cluster", "x").cluster().name()).isEqualTo("x");
    assertThat(with("secret", "s").cluster().secret()).isEqualTo(new byte[] {'s'});
    assertThat(with("alpha", "64").cluster().alpha()).isEqualTo(64);
    assertThat(with("initial", "existing").initial()).isEqualTo(ServerConfig.Initial.EXISTING);
    assertThat(with("client", "h:9").client().toString()).isEqualTo("h:9");
    assertThat(with("redis", "[::1]:9").redis()).hasToString("[::1]:9");
    assertThat(with("http", "h:9").http()).hasToString("h:9");
    assertThat(with("data", "/x").data()).isEqualTo(Path.of("/x"));
    assertThat(with("durability", "os").durability()).isEqualTo(Durability.OS);
    assertThat(with("durability", "memory").data()).isNull();
    assertThat(defaults.log()).isEqualTo(LogLimits.defaults());
    assertThat(with("snapshot-slots", "7").log().snapshotSlots()).isEqualTo(7);
    assertThat(with("snapshot-mb", "7").log().snapshotMb()).isEqualTo(7);
    assertThat(with("snapshot-minutes", "7").log().snapshotMinutes()).isEqualTo(7);
    assertThat(with("retained-slots", "77").log().retainedSlots()).isEqualTo(77);
    assertThat(with("retained-log-mb", "7").log().retainedLogMb()).isEqualTo(7);
    assertThat(with("segment-mb", "7").log().segmentMb()).isEqualTo(7);
    assertThat(with("max-entries", "7").store().maxEntries()).isEqualTo(7);
    assertThat(with("max-memory-mb", "7").store().maxMemoryMb()).isEqualTo(7);
    assertThat(with("max-key-size", "7").store().maxKeySize()).isEqualTo(7);
    assertThat(with("max-value-size", "7").store().maxValueSize()).isEqualTo(7);
    assertThat(with("history-events", "7").store().historyEvents()).isEqualTo(7);
    assertThat(with("history-events", "7").store().enableNotifications()).isTrue();
    assertThat(with("history-events", "0").store().enableNotifications()).isFalse();
    assertThat(with("history-mb", "7").store().historyMb()).isEqualTo(7);
    assertThat(with("compress-snapshots", "true").store().compressSnapshots()).isTrue();
    assertThat(with("compress-snapshots", "false").store().compressSnapshots()).isFalse();
    assertThat(defaults.sessionTimeToLive()).isEqualTo(RabiaConfig.defaults().sessionTimeToLive());
    assertThat(with("session-seconds", "7").sessionTimeToLive()).isEqualTo(Duration.ofSeconds(7));
    assertThat(with("request-timeout-ms", "7").store().requestTimeout())
        .isEqualTo(Duration.ofMillis(7));
    assertThat(with("max-connections", "7").limits().maxConnections()).isEqualTo(7);
    assertThat(with("max-in-flight", "7").limits().maxInFlight()).isEqualTo(7);
  }

  @Test
  void namesTheSettingThatIsWrongOrMissing() {
    refuses("id", "9", "id (flag --id)");
    refuses("id", "x", "not a number: 'x'");
    refuses("members", "1=nowhere", "1=nowhere");
    refuses("initial", "maybe", "initial (flag --initial): 'maybe' is not valid");
    refuses("client", "nowhere", "client (flag --client)");
    refuses("durability", "hope", "durability (flag --durability)");
    refuses("max-entries", "0", "maxEntries");
    refuses("max-connections", "0", "connections 0");
    refuses("max-value-size", "4000000", "max-value-size (flag --max-value-size): two such values");
    Map<String, String> flags = new HashMap<>(MINIMAL);
    flags.remove("data");
    assertThatThrownBy(() -> ServerConfig.of(Settings.load(flags, Map.of(), null)))
        .hasMessageContaining("data is not set");
    flags.remove("id");
    assertThatThrownBy(() -> ServerConfig.of(Settings.load(flags, Map.of(), null)))
        .hasMessageContaining("id is not set: --id, RABIA_ID");
  }

  private static void refuses(String name, String value, String reason) {
    assertThatThrownBy(() -> with(name, value))
        .isInstanceOf(RabiaException.Validation.class)
        .hasMessageContaining(reason);
  }
}
