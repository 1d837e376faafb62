package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.RabiaException;
import io.rabia.kvstore.FakeCluster;
import io.rabia.kvstore.KVStore;
import io.rabia.kvstore.KVStoreConfig;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.TestServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What the command line does with several keys, with time, with transactions, and with changes. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(30)
final class StoreCommandsTest {
  private static final String[] RANGE_AS_JSON = {
    "range", "b", "--values", "--limit", "1", "--json"
  };

  private final FakeCluster cluster = new FakeCluster();
  private final TestServer one = TestServer.start(cluster, 1);
  private final TestServer two = TestServer.start(cluster, 2);
  private final KVStore kv = KVStore.on(cluster.node(1), KVStoreConfig.defaults());
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @AfterEach
  void stop() {
    kv.close();
    one.close();
    two.close();
    cluster.close();
  }

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    String[] all = new String[arguments.length + 2];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "--servers";
    all[arguments.length + 1] = one.client() + "," + two.client();
    return RabiaKv.run(
        (config, store, onStopped) -> {
          throw new RabiaException.NotAMember("no server here");
        },
        new PrintWriter(out),
        new PrintWriter(err),
        all);
  }

  private void expect(int code, String output, String... arguments) {
    assertThat(run(arguments)).as("%s%s", out, err).isEqualTo(code);
    assertThat((out + "" + err).lines().toList()).containsExactly(output.split("\n"));
  }

  @Test
  void handlesSeveralKeys() {
    expect(0, "stored 3", "mset", "a:1", "x", "a:2", "y", "b", "z");
    expect(0, "a:1\tx\nb\tz", "mget", "a:1", "b");
    expect(1, "b\tz\nc not found", "mget", "b", "c");
    expect(0, "a:1\na:2", "keys", "a:");
    expect(0, "a:1\tx\na:2\ty", "keys", "a:", "--values");
    expect(
        0,
        "{\"key\":\"a:1\",\"value\":\"x\",\"version\":1}",
        "keys",
        "--values",
        "--limit",
        "1",
        "--json");
    assertThat(run("size")).isZero();
    assertThat(out.toString()).startsWith("size keys=3 bytes=");
    assertThat(run("clear")).isEqualTo(2);
    expect(0, "removed 3", "clear", "--yes");
    assertThat(run("mset", "a")).isEqualTo(2);
  }

  @Test
  void looksForAKeyTakesItAndWalksARange() {
    kv.setAll(new TreeMap<>(Map.of("a", "1", "b", "2", "c", "3", "d", "4")));
    expect(0, "exists", "exists", "b");
    expect(0, "b\nc", "range", "b", "d");
    expect(0, "b\t2\nc\t3\nd\t4", "range", "aa", "--values");
    expect(0, "{\"key\":\"b\",\"value\":\"2\",\"version\":2}", RANGE_AS_JSON);
    expect(0, "2", "take", "b");
    expect(1, "not found", "take", "b");
    expect(1, "{\"key\":\"b\",\"exists\":false}", "exists", "b", "--json");
    expect(
        0, "{\"key\":\"c\",\"found\":true,\"value\":\"3\",\"version\":3}", "take", "c", "--json");
  }

  @Test
  void walksARangeOfMorePagesThanOne() {
    List<KvCommand> sets = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      sets.add(new KvCommand.Set(ClientCommand.bytes("k" + (100 + i)), new byte[10_000]));
    }
    kv.batch(sets);
    assertThat(run("range", "k", "--limit", "90", "--values")).isZero();
    assertThat(out.toString().lines().map(line -> line.substring(0, 4)))
        .hasSize(90)
        .startsWith("k100")
        .endsWith("k189");
  }

  @Test
  void aTransactionGivesTimesToLive() {
    expect(
        0,
        "then\nstored version=1\n3600.0\nchanged\nno time to live\nx\nnot found",
        "txn then set a x ttl 3600 and ttl a and expire a never and ttl a and take a and ttl a"
            .split(" "));
    assertThat(run("txn", "then", "expire", "a", "0")).isEqualTo(2);
    assertThat(err.toString()).startsWith("at word 4, '0' txn wants seconds above 0");
  }

  @Test
  void givesKeysATimeToLive() {
    expect(0, "stored version=1", "set", "a", "b", "--ttl", "3600");
    expect(0, "3599.999", "ttl", "a");
    expect(0, "changed", "expire", "a", "never");
    expect(1, "not changed", "expire", "a", "never");
    expect(1, "no time to live", "ttl", "a");
    expect(0, "changed", "expire", "a", "7200");
    assertThat(run("expire", "a", "soon")).isEqualTo(2);
    assertThat(err.toString()).startsWith("expire takes a number of seconds, or never");
    expect(0, "3", "append", "a", "cd");
    expect(0, "bcd", "get", "a");
  }

  @Test
  void doesOneThingOrTheOther() {
    expect(0, "then\nstored version=1\n10", "txn", "then", "set", "a", "10", "and", "get", "a");
    String[] move =
        "txn if a = 10 and absent b then incr a -10 and incr b 10 else get a and get c".split(" ");
    expect(0, "then\n0\n10", move);
    expect(1, "else\n0\nnot found", move);
    expect(
        0,
        "then\ndeleted\n2",
        "txn",
        "if",
        "b",
        "version",
        "3",
        "and",
        "exists",
        "a",
        "then",
        "del",
        "b",
        "and",
        "append",
        "a",
        "1");
    expect(0, "{\"held\":true}\n{\"found\":false}", "txn", "then", "get", "b", "--json");
  }

  @Test
  void saysWhereATransactionIsNotUnderstood() {
    assertThat(run("txn", "if", "a", "then")).isEqualTo(2);
    assertThat(err.toString()).startsWith("at word 3, 'then' txn wants '=' or 'version'");
    assertThat(run("txn", "then", "incr", "a", "x")).isEqualTo(2);
    assertThat(err.toString()).startsWith("at word 4, 'x' txn wants a number");
    assertThat(run("txn", "then", "set", "a")).isEqualTo(2);
    assertThat(err.toString()).startsWith("at the end txn wants a value");
    assertThat(run("txn", "then", "get", "a", "b")).isEqualTo(2);
    assertThat(err.toString()).startsWith("at word 4, 'b' txn wants 'and' or 'else'");
    assertThat(run("txn", "set", "a", "b")).isEqualTo(2);
    assertThat(err.toString()).contains("txn wants 'then'");
  }

  @Test
  void printsChangesFromThePastAndAsTheyHappen() {
    kv.set("user:1", "a");
    kv.set("order", "x");
    kv.set("user:1", "b");
    kv.delete("user:1");
    expect(
        0,
        "version=1 slot=1 CREATED user:1: null -> a\nversion=3 slot=3 UPDATED user:1: a -> b",
        "watch",
        "user:",
        "--from-slot",
        "1",
        "--count",
        "2");
    expect(
        0,
        "{\"type\":\"DELETED\",\"version\":4,\"slot\":4,\"key\":\"user:1\",\"old\":\"b\",\"new\":null}",
        "watch",
        "--key",
        "user:1",
        "--type",
        "deleted,expired",
        "--after",
        "1",
        "--count",
        "1",
        "--json");
    CompletableFuture<Integer> live =
        CompletableFuture.supplyAsync(() -> run("watch", "--count", "1"));
    Awaitility.await()
        .until(
            () -> {
              kv.increment("n", 1);
              return live.isDone();
            });
    assertThat(live.join()).isZero();
    assertThat(out.toString()).contains(" n: ");
  }

  @Test
  void aWatchThatNobodyAnswersEndsWithTheReason() {
    one.node().mode(FakeCluster.Mode.NO_QUORUM);
    two.node().mode(FakeCluster.Mode.NO_QUORUM);
    assertThat(run("watch", "--timeout", "0.1")).isEqualTo(1);
    assertThat(err.toString()).contains("error: UNAVAILABLE").contains("alone");
    one.close();
    two.close();
    assertThat(run("watch", "--timeout", "0.3")).isEqualTo(1);
    assertThat(err.toString()).contains("error: UNAVAILABLE").contains(one.client());
  }

  @Test
  void aWatchSaysWhenTheStoreDoesNotAnswerAndWhenItDoesAgain() {
    CompletableFuture<Integer> live =
        CompletableFuture.supplyAsync(
            () -> run("watch", "--from-slot", "0", "--count", "2", "--timeout", "0.2"));
    kv.set("a", "1");
    Awaitility.await().until(() -> out.toString().contains(" a: null -> 1"));
    one.node().mode(FakeCluster.Mode.NO_QUORUM);
    two.node().mode(FakeCluster.Mode.NO_QUORUM);
    Awaitility.await().until(() -> err.toString().startsWith("no answer, trying again: UNAVAIL"));
    one.node().mode(FakeCluster.Mode.SERVING);
    two.node().mode(FakeCluster.Mode.SERVING);
    kv.set("a", "2");
    assertThat(live.join()).isZero();
    assertThat(err.toString().lines()).hasSize(2).last().isEqualTo("answered again");
    assertThat(out.toString().lines()).hasSize(2);
  }

  @Test
  void jsonTellsBytesFromTextThatLooksLikeThem() {
    byte[] key = {(byte) 0xFF};
    kv.set(key, new byte[] {(byte) 0xFE});
    kv.set("base64:/w==", "base64:/g==");
    expect(
        0,
        "{\"type\":\"CREATED\",\"version\":1,\"slot\":1,\"keyBase64\":\"/w==\",\"old\":null,\"newBase64\":\"/g==\"}\n"
            + "{\"type\":\"CREATED\",\"version\":2,\"slot\":2,\"key\":\"base64:/w==\",\"old\":null,\"new\":\"base64:/g==\"}",
        "watch",
        "--from-slot",
        "0",
        "--count",
        "2",
        "--json");
    expect(0, "{\"key\":\"base64:/w==\"}\n{\"keyBase64\":\"/w==\"}", "keys", "--json");
  }

  @Test
  void aWatchTellsWhatItMissed() {
    kv.set("a", "1");
    String[] ahead = {"watch", "--after", "7", "--count", "1"};
    assertThat(watch(ahead)).isZero();
    assertThat(err.toString())
        .isEqualToIgnoringNewLines(
            "missed an unknown number of changes: they are not in the history");
    assertThat(watch("watch", "--after", "7", "--count", "1", "--json")).isZero();
    assertThat(out.toString().lines()).first().isEqualTo("{\"missed\":null}");
    assertThat(err.toString()).isEmpty();
  }

  /** A watch, and changes until it has seen enough. */
  private int watch(String... arguments) {
    CompletableFuture<Integer> live = CompletableFuture.supplyAsync(() -> run(arguments));
    Awaitility.await()
        .until(
            () -> {
              if ((out + "" + err).contains("missed")) {
                kv.set("a", "2");
              }
              return live.isDone();
            });
    return live.join();
  }

  @Test
  void saysWhenItIsNotKnownWhetherSomethingWasDone() {
    one.node().mode(FakeCluster.Mode.MUTE);
    two.node().mode(FakeCluster.Mode.MUTE);
    assertThat(run("incr", "n", "--timeout", "0.7")).isEqualTo(4);
    assertThat(err.toString())
        .startsWith("error: TIMEOUT")
        .contains("it may have been done, or may be yet: look before you do it again");
    one.node().mode(FakeCluster.Mode.SILENT);
    two.node().mode(FakeCluster.Mode.SILENT);
    assertThat(run("get", "n", "--timeout", "0.15")).as("a query").isEqualTo(1);
    one.node().mode(FakeCluster.Mode.NO_QUORUM);
    two.node().mode(FakeCluster.Mode.NO_QUORUM);
    assertThat(run("incr", "n", "--timeout", "0.15")).as("never sent").isEqualTo(1);
  }
}
