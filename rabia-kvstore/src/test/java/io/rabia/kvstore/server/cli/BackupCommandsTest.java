package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rabia.kvstore.FreePorts;
import io.rabia.kvstore.server.KvServer;
import io.rabia.kvstore.server.ServerConfig;
import io.rabia.kvstore.server.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What operators do with the data of a cluster, on a cluster of one member in this process. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(60)
final class BackupCommandsTest {
  @TempDir private Path directory;
  private final String member = "1=127.0.0.1:" + FreePorts.next();
  private final String client = "127.0.0.1:" + FreePorts.next();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return RabiaKv.run(
        KvServer::startEngine, new PrintWriter(out), new PrintWriter(err), arguments);
  }

  private String done(String... arguments) {
    assertThat(run(arguments)).as("%s: %s%s", List.of(arguments), out, err).isZero();
    return out.toString();
  }

  private void refused(String why, String... arguments) {
    assertThat(run(arguments)).as("%s: %s%s", List.of(arguments), out, err).isEqualTo(1);
    assertThat(err.toString()).startsWith("error: ").contains(why);
  }

  /** What takes a data directory, not a running server. */
  private String[] offline(String command, String data, String... more) {
    List<String> all = new ArrayList<>(List.of(command, "--data", file(data)));
    all.addAll(List.of("--id", "1", "--members", member, "--cluster", "demo"));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  private String file(String name) {
    return directory.resolve(name).toString();
  }

  private KvServer server(String data, String initial) {
    return server(data, initial, Map.of());
  }

  private KvServer server(String data, String initial, Map<String, String> more) {
    Map<String, String> flags = new HashMap<>(more);
    flags.put("id", "1");
    flags.put("members", member);
    flags.put("cluster", "demo");
    flags.put("initial", initial);
    flags.put("client", client);
    flags.put("data", file(data));
    flags.put("durability", "os");
    ServerConfig config = ServerConfig.of(Settings.load(flags, Map.of(), null));
    KvServer server = KvServer.start(config, KvServer::startEngine, failure -> {});
    Awaitility.await()
        .until(() -> run("status", "--servers", client) == 0 && out.toString().contains("SERVING"));
    return server;
  }

  private String status(String field) {
    return done("status", "--servers", client).replaceAll("(?s).* " + field + "=(\\S+).*", "$1");
  }

  private static String field(String printed, String line, String name) {
    return printed.replaceAll("(?s).*?\\b" + line + " [^\\n]*?\\b" + name + "=(\\S+).*", "$1");
  }

  @Test
  void aBackupBecomesAClusterWithTheSameDataUnderAnotherId() throws IOException {
    String backup = file("backup");
    String taken;
    try (KvServer server = server("one", "new")) {
      assertThat(server.readyLine()).contains(client);
      done("set", "a", "1", "--servers", client);
      done("set", "b", "2", "--servers", client);
      String printed = done("snapshot", "--servers", client);
      assertThat(printed).startsWith("snapshot server=" + client + " slot=");
      taken = done("backup", "--to", backup, "--servers", client);
      assertThat(taken)
          .isEqualToIgnoringNewLines(
              done("snapshot", "--servers", client)
                      .replace("snapshot server=" + client, "backup")
                      .strip()
                  + " file="
                  + backup);
      assertThat(field(taken, "backup", "hash")).isEqualTo(status("hash"));
      assertThat(done("status", "--at", field(taken, "backup", "slot"), "--servers", client))
          .contains(" hash=" + field(taken, "backup", "hash") + " ");
      refused("is there already", "backup", "--to", backup, "--servers", client);
      refused("is not empty", offline("restore", "one", "--from", backup));
      done("set", "b", "3", "--servers", client);
    }
    refused("has the hash", offline("restore", "two", "--from", backup, "--max-entries", "7"));
    assertThat(directory.resolve("two")).doesNotExist();
    String restored = done(offline("restore", "two", "--from", backup));
    assertThat(restored).startsWith(taken.replaceAll(" file=.*\\R", System.lineSeparator()));
    assertThat(field(restored, "restore", "data")).isEqualTo(field(taken, "backup", "data"));
    try (KvServer again = server("two", "existing")) {
      assertThat(again.readyLine()).contains(client);
      assertThat(status("applied")).isEqualTo(field(taken, "backup", "slot"));
      assertThat(status("data")).isEqualTo(field(taken, "backup", "data"));
      assertThat(done("get", "b", "--servers", client)).isEqualToIgnoringNewLines("2");
      done("set", "b", "4", "--servers", client);
    }
    assertTheLogNeedsItsSnapshot("two", field(taken, "backup", "slot"));
    byte[] damaged = Files.readAllBytes(directory.resolve("backup"));
    damaged[damaged.length - 3] ^= 4;
    Files.write(directory.resolve("damaged"), damaged);
    refused(
        "the content of the backup is damaged",
        offline("restore", "three", "--from", file("damaged")));
    refused("this is no backup", offline("restore", "three", "--from", file("one/log.status")));
    refused("cannot be read", offline("restore", "three", "--from", file("nowhere")));
    assertThat(directory.resolve("three")).doesNotExist();
  }

  /** The server would not start, and so says who looks at the log. */
  private void assertTheLogNeedsItsSnapshot(String data, String slot) throws IOException {
    assertThat(done("log", "verify", file(data))).contains(" slot=" + slot).contains("intact=true");
    try (Stream<Path> files = Files.list(directory.resolve(data))) {
      for (Path snapshot : files.filter(name -> name.toString().endsWith(".rsnap")).toList()) {
        Files.delete(snapshot);
      }
    }
    assertThat(run("log", "verify", file(data))).isEqualTo(1);
    assertThat(out.toString())
        .contains("damage file=log-0000000000000000001.rlog offset=")
        .contains("goes on after a snapshot of " + slot + " slots, which is gone or damaged")
        .contains("intact=false");
  }

  @Test
  void whatIsExportedIsHeldAgainstTheLimitsOfTheServers() {
    Map<String, String> limits =
        Map.of("max-entries", "7", "history-events", "0", "history-mb", "5");
    try (KvServer server = server("one", "new", limits)) {
      assertThat(server.readyLine()).contains(client);
      done("set", "a", "1", "--servers", client);
      refused("limits of the store", "export", "--to", file("keys"), "--servers", client);
      String[] known =
          ("--max-entries 7 --history-events 0 --history-mb 5 --servers " + client).split(" ");
      assertThat(done(with(known, "export", "--to", file("keys"))))
          .startsWith("export entries=1 slot=");
    }
  }

  private static String[] with(String[] more, String... arguments) {
    return Stream.concat(Stream.of(arguments), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void whatIsLeftToAKeyIsExportedAndGivenToItAgainAndOverWithoutACommand() throws IOException {
    Path exported = directory.resolve("keys");
    try (KvServer server = server("one", "new", Map.of("compress-snapshots", "true"))) {
      assertThat(server.readyLine()).contains(client);
      done("set", "a", "1", "--ttl", "1000", "--servers", client);
      done("set", "b", "2", "--servers", client);
      done("export", "--to", file("keys"), "--servers", client);
      assertThat(Files.readAllLines(exported))
          .satisfiesExactly(
              a -> assertThat(a).matches(".*,\"timeToLiveNanos\":(9[0-9]{11}|1000000000000)}"),
              b -> assertThat(b).doesNotContain("timeToLive"));
      done("clear", "--yes", "--servers", client);
      Files.writeString(
          exported,
          Files.readString(exported)
              + "{\"key\":\"c\",\"value\":\"3\",\"timeToLiveNanos\":300000000}\n");
      done("import", "--from", file("keys"), "--servers", client);
      assertThat(Double.parseDouble(done("ttl", "a", "--servers", client)))
          .isBetween(900.0, 1000.0);
      assertThat(run("ttl", "b", "--servers", client)).isEqualTo(1);
      Awaitility.await().until(() -> run("get", "c", "--servers", client) == 1);
      assertThat(done("keys", "--servers", client)).isEqualToIgnoringNewLines("a\nb");
      Files.writeString(exported, "{\"key\":\"n\",\"value\":\"\",\"timeToLiveNanos\":0}\n");
      refused(
          "keys:1: timeToLiveNanos is no number of nanoseconds, 1 or more; the 0 lines before",
          with(new String[] {"--servers", client}, "import", "--from", file("keys")));
    }
  }

  @Test
  void allKeysAreExportedAsTheyAreAtOneSlotAndImported() throws IOException {
    Path exported = directory.resolve("keys");
    try (KvServer server = server("one", "new")) {
      assertThat(server.readyLine()).contains(client);
      done("set", "ü", "zwei", "--servers", client);
      done("set", "a", "\"1\"", "--servers", client);
      String printed = done("export", "--to", file("keys"), "--servers", client);
      assertThat(printed).startsWith("export entries=2 slot=").contains(" data=" + status("data"));
      assertThat(Files.readAllLines(exported))
          .hasSize(2)
          .first()
          .asString()
          .startsWith("{\"key\":\"a\",\"value\":\"\\\"1\\\"\",\"version\":2,\"createdNanos\":");
      done("backup", "--to", file("backup"), "--servers", client);
      assertThat(done("export", "--from", file("backup"), "--to", file("again"), "--json"))
          .startsWith("{\"entries\":2,\"slot\":")
          .contains("\"data\":\"" + status("data") + "\"");
      assertThat(Files.readString(directory.resolve("again")))
          .isEqualTo(Files.readString(exported));
      Files.writeString(
          exported,
          Files.readString(exported) + "{\"keyBase64\":\"/w==\",\"valueBase64\":\"AA==\"}\n");
      done("del", "a", "--servers", client);
      assertThat(done("import", "--from", file("keys"), "--servers", client))
          .isEqualToIgnoringNewLines("import entries=3 file=" + exported);
      assertThat(done("import", "--from", file("again"), "--servers", client, "--json"))
          .startsWith("{\"entries\":2,\"file\":\"");
      assertThat(done("get", "a", "--servers", client)).isEqualToIgnoringNewLines("\"1\"");
      done("export", "--to", file("more"), "--servers", client);
      assertThat(Files.readString(directory.resolve("more")))
          .contains("{\"keyBase64\":\"/w==\",\"value\":\"\\u0000\",");
      Files.writeString(exported, "{\"key\":\"n\",\"value\":\"\"}\n{\"key\":\"m\"}\n");
      refused(
          "keys:2: no value; the 1 lines before it are set",
          "import",
          "--from",
          file("keys"),
          "--servers",
          client);
      assertThat(done("get", "n", "--servers", client)).isBlank();
    }
  }

  @Test
  void anExportForWhichThereIsNoRoomLeavesNothingAndNoFileIsWrittenOver() throws IOException {
    Path noRoom = Path.of("/dev/full");
    assumeTrue(Files.exists(noRoom), "no " + noRoom);
    try (KvServer server = server("one", "new")) {
      assertThat(server.readyLine()).contains(client);
      done("set", "a", "1", "--servers", client);
      Files.createSymbolicLink(directory.resolve("keys.part"), noRoom);
      refused("No space left on device", "export", "--to", file("keys"), "--servers", client);
      assertThat(directory.resolve("keys")).doesNotExist();
      assertThat(directory.resolve("keys.part")).doesNotExist();
      Files.writeString(directory.resolve("keys"), "of another");
      refused("is there already", "export", "--to", file("keys"), "--servers", client);
      assertThat(directory.resolve("keys")).hasContent("of another");
    }
  }

  @Test
  void whatAMemberStillHasBecomesAClusterOnlyWhenTheLossIsAccepted() {
    try (KvServer server = server("one", "new")) {
      assertThat(server.readyLine()).contains(client);
      done("set", "a", "1", "--servers", client);
      refused(
          "the directory is in use",
          offline("recover", "one", "--force-new-cluster", "--to", file("two")));
    }
    assertThat(run(offline("recover", "one", "--to", file("two")))).isEqualTo(2);
    String[] recover = offline("recover", "one", "--force-new-cluster", "--to", file("two"));
    assertThat(run(recover)).isEqualTo(1);
    assertThat(out.toString())
        .startsWith("left cluster=")
        .contains("lost, also where clients were told that it was done: everything from slot ")
        .endsWith("nothing was made: --accept-loss is not given" + System.lineSeparator());
    assertThat(directory.resolve("two")).doesNotExist();
    String done =
        done(
            offline("recover", "one", "--force-new-cluster", "--to", file("two"), "--accept-loss"));
    assertThat(field(done, "recover", "slot")).isEqualTo(field(done, "left", "slot"));
    assertThat(field(done, "recover", "data")).isEqualTo(field(done, "left", "data"));
    assertThat(field(done, "recover", "cluster")).isNotEqualTo(field(done, "left", "cluster"));
    try (KvServer again = server("two", "new")) {
      assertThat(again.readyLine()).contains(client);
      assertThat(done("get", "a", "--servers", client)).isEqualToIgnoringNewLines("1");
    }
  }
}
