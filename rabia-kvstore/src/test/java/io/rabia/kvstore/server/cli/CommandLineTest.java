package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.RabiaException;
import io.rabia.core.message.Message;
import io.rabia.core.persistence.Persistence;
import io.rabia.kvstore.FakeCluster;
import io.rabia.kvstore.FreePorts;
import io.rabia.kvstore.KVStore;
import io.rabia.kvstore.KVStoreConfig;
import io.rabia.kvstore.TestServer;
import io.rabia.kvstore.server.KvServer;
import io.rabia.network.server.PortStatistics.Event;
import io.rabia.persistence.FilePersistence;
import io.rabia.persistence.FilePersistenceConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
@Timeout(30)
final class CommandLineTest {
  private static final KvServer.NodeStarter NO_NODE =
      (config, store, onStopped) -> {
        throw new RabiaException.NotAMember("the members have history of id 1: use existing");
      };

  private final FakeCluster cluster = new FakeCluster();
  private final TestServer one = TestServer.start(cluster, 1);
  private final TestServer two = TestServer.start(cluster, 2);
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  @TempDir private Path directory;

  @AfterEach
  void stop() {
    one.close();
    two.close();
    cluster.close();
  }

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return RabiaKv.run(NO_NODE, new PrintWriter(out), new PrintWriter(err), arguments);
  }

  private String servers() {
    return one.client() + "," + two.client();
  }

  private void expect(int code, String output, String... arguments) {
    assertThat(run(arguments)).as("%s%s", out, err).isEqualTo(code);
    assertThat(out + "" + err).isEqualTo(output + System.lineSeparator());
  }

  @Test
  void doesOneOperationAndSaysWithItsExitCodeWhetherItWasDone() {
    String s = servers();
    KVStore.on(cluster.node(1), KVStoreConfig.defaults()).set("t", "text");
    expect(0, "stored version=2", "set", "a", "1", "--servers", s);
    expect(0, "1", "get", "a", "--servers", s);
    expect(1, "not found", "get", "b", "--servers", s);
    expect(0, "stored version=3", "cas", "a", "1", "2", "--servers", s);
    expect(1, "not stored: the value is 2", "cas", "a", "1", "3", "--servers", s);
    expect(1, "not stored: the value is 2", "cas", "--absent", "a", "3", "--servers", s);
    expect(0, "stored version=4", "cas", "--absent", "n", "3", "--servers", s);
    expect(0, "45", "incr", "n", "42", "--servers", s);
    expect(0, "46", "incr", "n", "--servers", s);
    expect(
        1,
        "error: NOT_A_NUMBER: the value is not a decimal 64-bit number",
        "incr",
        "t",
        "--servers",
        s);
    expect(0, "deleted", "del", "a", "--servers", s);
    expect(1, "not found", "del", "a", "--servers", s);
  }

  @Test
  void printsJsonForScripts() {
    String s = servers();
    expect(0, "{\"key\":\"a\",\"version\":1}", "set", "a", "ü", "--json", "--servers", s);
    expect(
        0,
        "{\"key\":\"a\",\"found\":true,\"value\":\"ü\",\"version\":1,\"createdNanos\":1000,"
            + "\"updatedNanos\":1000,\"size\":2}",
        "get",
        "a",
        "--json",
        "--servers",
        s);
    expect(1, "{\"key\":\"b\",\"found\":false}", "get", "b", "--json", "--servers", s);
    KVStore.on(cluster.node(1), KVStoreConfig.defaults())
        .set(new byte[] {'x'}, new byte[] {(byte) 0xFF, 0});
    assertThat(run("get", "x", "--json", "--servers", s)).isZero();
    assertThat(out.toString()).contains("\"valueBase64\":\"/wA=\"");
  }

  @Test
  void printsAStatusLineForEachServerAndFailsWhenOneGivesNone() {
    assertThat(run("status", "--servers", servers())).isZero();
    assertThat(out.toString().lines()).hasSize(2).allMatch(l -> l.contains(" state=SERVING "));
    assertThat(out.toString()).startsWith("status id=1 ").contains("status id=2 ");
    KVStore.on(cluster.node(1), KVStoreConfig.defaults()).set("a", "1");
    assertThat(run("status", "--at", "1", "--servers", servers())).isZero();
    assertThat(out.toString()).contains("applied=1 hash=0000000000000001");
    assertThat(run("status", "--json", "--servers", servers())).isZero();
    assertThat(out.toString()).startsWith("{\"id\":1,\"state\":\"SERVING\",\"reason\":\"-\"");
    two.close();
    assertThat(run("status", "--timeout", "0.3", "--servers", servers())).isEqualTo(1);
    assertThat(out.toString())
        .contains("status id=1 ")
        .contains("status server=" + two.client() + " state=UNREACHABLE reason=");
  }

  @Test
  void saysWhyAChangeOfTheConfigurationWasRefused() {
    String asked = "error: PENDING: asked: members";
    expect(1, asked, "members", "--servers", servers());
    expect(1, asked, "add", "4=h:1", "--servers", servers());
    assertThat(run("add", "4", "--servers", servers())).isEqualTo(1);
    assertThat(run("add", "--servers", servers())).isEqualTo(2);
    assertThat(run("replace", "1", "--servers", servers())).isEqualTo(2);
  }

  @Test
  void refusesWhatItDoesNotKnowWithUsageAndCodeTwo() {
    assertThat(run("fly")).isEqualTo(2);
    assertThat(err.toString()).contains("Usage: rabia-kv");
    assertThat(run()).isEqualTo(2);
    assertThat(run("get", "--servers", servers())).isEqualTo(2);
    assertThat(run("bench", "--servers", servers(), "--clients", "0")).isEqualTo(2);
    String[] blind = {"bench", "--servers", servers(), "--journal", "j", "--value-size", "7"};
    assertThat(run(blind)).isEqualTo(2);
    assertThat(run("cas", "a", "b", "--servers", servers())).isEqualTo(2);
    assertThat(run("log")).isEqualTo(2);
    assertThat(run("local", "--nodes", "0")).isEqualTo(2);
    assertThat(run("local", "--data", "d")).isEqualTo(2);
    assertThat(err.toString()).startsWith("--data needs --peer-base");
  }

  @Test
  void aClusterInOneProcessThatCannotStartLeavesNothingBehind() throws IOException {
    int client = FreePorts.next(3);
    int redis = FreePorts.next(3);
    String[] local = {"local", "--client-base", "" + client, "--redis-base", "" + redis};
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    try (ServerSocket taken = new ServerSocket(redis, 1, loopback)) {
      assertThat(taken.isBound()).isTrue();
      assertThat(run(local)).isEqualTo(1);
      assertThat(err.toString()).contains("redis").contains("Address already in use");
    }
    assertThat(run(local)).as("refused by the members").isEqualTo(3);
    try (ServerSocket free = new ServerSocket(client, 1, loopback)) {
      assertThat(free.isBound()).isTrue();
    }
  }

  @Test
  void saysWhereItCannotConnect() {
    one.close();
    assertThat(run("get", "a", "--timeout", "0.3", "--servers", one.client())).isEqualTo(1);
    assertThat(err.toString())
        .contains("UNAVAILABLE")
        .contains(one.client())
        .doesNotContain("\tat ");
  }

  @Test
  void benchesInAClosedLoopOverAllServersAndEachOfThem() {
    assertThat(bench("--clients", "7", "--reads", "0.5")).isZero();
    String[] lines = out.toString().split(System.lineSeparator());
    assertThat(lines).hasSize(3);
    assertThat(lines[0]).startsWith("bench clients=7 ops_per_s=");
    assertThat(lines[1]).startsWith("bench server=" + one.client() + " clients=4 ops_per_s=");
    assertThat(lines[2]).startsWith("bench server=" + two.client() + " clients=3 ops_per_s=");
    assertThat(field(lines[0], "ops_per_s")).isGreaterThan(100);
    assertThat(field(lines[0], "p50_us")).isPositive();
    assertThat(field(lines[0], "errors")).isZero();
    double reads = field(lines[0], "reads") / field(lines[0], "ops_per_s") / 0.5;
    assertThat(reads).isBetween(0.3, 0.7);
    assertThat(field(lines[1], "reads") + field(lines[2], "reads"))
        .isEqualTo(field(lines[0], "reads"));
    assertThat(one.count("client", Event.REQUESTS)).isGreaterThan(50);
    assertThat(two.count("client", Event.REQUESTS)).isGreaterThan(50);
  }

  @Test
  void benchesAtARateAndMeasuresFromTheIntendedTime() {
    assertThat(bench("--clients", "8", "--rate", "400")).isZero();
    assertThat(field(out.toString(), "ops_per_s")).isBetween(300.0, 440.0);
    two.node().mode(FakeCluster.Mode.NO_QUORUM);
    one.node().mode(FakeCluster.Mode.SILENT);
    assertThat(bench("--clients", "2", "--timeout", "0.2", "--rate", "100")).isZero();
    assertThat(field(out.toString(), "errors")).isPositive();
    assertThat(field(out.toString(), "max_gap_ms")).isGreaterThan(400);
  }

  @Test
  void checksWhatABenchHasJournalled() throws IOException {
    Path journal = directory.resolve("journal");
    assertThat(bench("--clients", "5", "--keys", "50", "--journal", journal.toString())).isZero();
    long acknowledged = Journal.read(journal).acknowledged();
    assertThat(acknowledged).isGreaterThan(50);
    String[] check = {"check", "--servers", servers(), "--journal", journal.toString()};
    expect(0, "check acknowledged=" + acknowledged + " missing=0 wrong=0", check);

    KVStore kv = KVStore.on(cluster.node(1), KVStoreConfig.defaults());
    List<String> keys = List.copyOf(Journal.read(journal).keys().keySet());
    kv.delete(keys.get(7));
    kv.set(keys.get(8), "of another");
    expect(1, "check acknowledged=" + acknowledged + " missing=1 wrong=1", check);
    String[] json = Arrays.copyOf(check, check.length + 1);
    json[check.length] = "--json";
    expect(1, "{\"acknowledged\":" + acknowledged + ",\"missing\":1,\"wrong\":1}", json);
    assertThat(run("check", "--servers", servers(), "--journal", directory + "/none")).isEqualTo(1);
    one.close();
    two.close();
    assertThat(
            run(
                "check",
                "--servers",
                servers(),
                "--timeout",
                "0.3",
                "--journal",
                journal.toString()))
        .isEqualTo(1);
    assertThat(out.toString()).contains(" missing=0 wrong=0 unread=" + keys.size());
  }

  @Test
  void keepsTheKeysOfTwoJournalsApart() throws IOException {
    Path one = directory.resolve("one");
    Path two = directory.resolve("two");
    assertThat(bench("--clients", "2", "--keys", "9", "--journal", one.toString())).isZero();
    assertThat(bench("--clients", "2", "--keys", "9", "--journal", two.toString())).isZero();
    assertThat(run("check", "--servers", servers(), "--journal", one.toString())).isZero();
    assertThat(Journal.read(one).keys().keySet())
        .hasSize(9)
        .doesNotContainAnyElementsOf(Journal.read(two).keys().keySet());
  }

  @Test
  void checksAcrossAServerThatDiesUnderLoad() throws IOException {
    Path journal = directory.resolve("journal");
    Thread killer =
        new Thread(
            () -> {
              Awaitility.await().until(() -> one.count("client", Event.REQUESTS) > 200);
              one.close();
            });
    killer.start();
    assertThat(bench("--clients", "6", "--keys", "60", "--journal", journal.toString())).isZero();
    assertThat(field(out.toString(), "errors")).isZero();
    assertThat(run("check", "--servers", servers(), "--journal", journal.toString())).isZero();
    assertThat(out.toString()).endsWith(" missing=0 wrong=0" + System.lineSeparator());
  }

  private int bench(String... more) {
    String[] basic = {"bench", "--servers", servers(), "--warmup", "0.1", "--seconds", "0.5"};
    String[] all = Arrays.copyOf(basic, basic.length + more.length);
    System.arraycopy(more, 0, all, basic.length, more.length);
    return run(all);
  }

  private static double field(String line, String name) {
    Matcher matcher = Pattern.compile(" " + name + "=([0-9.]+)").matcher(line);
    assertThat(matcher.find()).as(line).isTrue();
    return Double.parseDouble(matcher.group(1));
  }

  @Test
  void refusesAServerThatTheMembersRefuseWithCodeThree() {
    String[] server = {
      "server",
      "--id",
      "1",
      "--members",
      "1=127.0.0.1:1",
      "--initial",
      "new",
      "--client",
      "127.0.0.1:0",
      "--data",
      directory.toString()
    };
    expect(3, "error: the members have history of id 1: use existing", server);
    expect(1, "error: id is not set: --id, RABIA_ID or 'id = ...' in the file", "server");
  }

  @Test
  void helpsWithAllCommandsAndWithEach() {
    assertThat(run("--help")).isZero();
    List<String> commands =
        Pattern.compile("^  ([a-z]+)  ", Pattern.MULTILINE)
            .matcher(out.toString())
            .results()
            .map(found -> found.group(1))
            .toList();
    assertThat(commands).hasSize(35).contains("get", "txn", "server", "local", "recover");
    for (String command : commands) {
      assertThat(run(command, "--help")).as("%s%s", command, err).isZero();
      assertThat(out.toString()).contains("Usage: rabia-kv " + command).contains("--version");
    }
    assertThat(run("sett", "a", "1")).isEqualTo(2);
    assertThat(err.toString()).contains("sett").contains("Did you mean");
  }

  @Test
  void printsTheConfigurationAndTheVersion() {
    assertThat(run("server", "--id", "4", "--secret", "hush", "--print-config")).isZero();
    assertThat(out.toString()).contains("id = 4  # flag --id").contains("secret = ***");
    assertThat(run("--version")).isZero();
    assertThat(out.toString()).matches("rabia-kv [0-9]+\\.[0-9]+\\.[0-9]+.*\\R");
  }

  @Test
  void tellsThatALogNeedsASnapshotThatIsGone() {
    Path log = directory.resolve("log");
    try (Persistence persistence = new FilePersistence(log, FilePersistenceConfig.defaults())) {
      persistence.open((number, group) -> true, () -> {});
      ByteBuffer group = ByteBuffer.allocate(100);
      new Message.Installed(5).writeTo(group);
      persistence.append(group.flip());
      persistence.flush();
    }
    for (String command : List.of("verify", "inspect")) {
      assertThat(run("log", command, log.toString())).isEqualTo(1);
      assertThat(out.toString())
          .contains("damage file=log-0000000000000000001.rlog offset=36 what=")
          .contains("the log goes on after a snapshot of 5 slots, which is gone or damaged")
          .endsWith("intact=false" + System.lineSeparator());
    }
  }

  @Test
  void verifiesAndInspectsALog() throws IOException {
    Path log = directory.resolve("log");
    try (Persistence persistence = new FilePersistence(log, FilePersistenceConfig.defaults())) {
      persistence.open((number, group) -> true, () -> {});
      persistence.append(ByteBuffer.wrap(new byte[] {1, 2, 3}));
      persistence.flush();
    }
    assertThat(run("log", "verify", log.toString())).isZero();
    assertThat(out.toString())
        .contains("groups=1")
        .endsWith("intact=true" + System.lineSeparator());
    assertThat(run("log", "inspect", log.toString())).isZero();
    assertThat(out.toString()).contains("group number=1 ");
    assertThat(run("log", "verify", log.toString(), "--json")).isZero();
    assertThat(out.toString().lines())
        .first()
        .asString()
        .startsWith("{\"row\":\"segment\",\"file\":\"log-0000000000000000001.rlog\",\"first\":1,");
    Path segment = log.resolve("log-0000000000000000001.rlog");
    Files.write(segment, Arrays.copyOf(Files.readAllBytes(segment), 20));
    for (String command : List.of("verify", "inspect")) {
      assertThat(run("log", command, log.toString())).isEqualTo(1);
      assertThat(out.toString())
          .contains("damage file=" + segment.getFileName() + " offset=0 what=the header is damaged")
          .endsWith("intact=false" + System.lineSeparator());
    }
    assertThat(Files.exists(log)).isTrue();
    assertThat(run("log", "verify", directory.resolve("none").toString())).isEqualTo(1);
  }
}
