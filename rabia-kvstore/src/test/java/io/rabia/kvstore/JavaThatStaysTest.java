package io.rabia.kvstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.ClusterConfig;
import io.rabia.core.Command;
import io.rabia.core.CommandBatch;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.core.batching.BatchConfig;
import io.rabia.core.batching.CommandBatcher;
import io.rabia.core.memory.MemoryPool;
import io.rabia.core.memory.PooledBuffer;
import io.rabia.core.message.Message;
import io.rabia.core.message.Serializer;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.statemachine.InMemoryStateMachine;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.core.transport.Transport;
import io.rabia.engine.EngineState;
import io.rabia.engine.RabiaConfig;
import io.rabia.engine.RabiaEngine;
import io.rabia.engine.ResultHandler;
import io.rabia.kvstore.client.KvClient;
import io.rabia.kvstore.server.KvServer;
import io.rabia.kvstore.server.LogLimits;
import io.rabia.kvstore.server.ServerConfig;
import io.rabia.leader.LeaderConfig;
import io.rabia.leader.LeaderEvent;
import io.rabia.leader.LeaderManager;
import io.rabia.leader.LeaderNotificationFilter;
import io.rabia.leader.LeaderStateMachine;
import io.rabia.network.NettyTransport;
import io.rabia.network.client.HostPort;
import io.rabia.persistence.InMemoryPersistence;
import java.io.IOException;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The Java that users compile against: what stands here as a whole line stays as it is. */
@Tag("integration")
@Timeout(60)
class JavaThatStaysTest {

  private static String members(int count) throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    StringBuilder members = new StringBuilder();
    for (int id = 1; id <= count; id++) {
      ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      held.add(socket);
      members.append(id == 1 ? "" : ",").append(id).append("=127.0.0.1:");
      members.append(socket.getLocalPort());
    }
    for (ServerSocket socket : held) {
      socket.close();
    }
    return members.toString();
  }

  private static RabiaEngine started(int id, String members, StateMachine stateMachine) {
    NodeId nodeId = NodeId.of(id);
    ClusterConfig cluster = ClusterConfig.parse(members);
    Transport transport = NettyTransport.builder(nodeId, cluster).build();
    Persistence persistence = new InMemoryPersistence();
    RabiaEngine engine =
        RabiaEngine.builder()
            .nodeId(nodeId)
            .cluster(cluster)
            .config(RabiaConfig.defaults())
            .stateMachine(stateMachine)
            .transport(transport)
            .persistence(persistence)
            .build();
    engine.start();
    return engine;
  }

  private static String text(CompletableFuture<byte[]> future) {
    return new String(future.orTimeout(10, TimeUnit.SECONDS).join(), UTF_8);
  }

  @Test
  void anEngineExecutesAndReads() throws IOException {
    String members = members(3);
    List<RabiaEngine> engines = new ArrayList<>();
    for (int id = 1; id <= 3; id++) {
      engines.add(started(id, members, new InMemoryStateMachine()));
    }
    RabiaEngine engine = engines.get(0);
    Awaitility.await()
        .until(() -> engine.status().join().state(), state -> state == EngineState.SERVING);

    CompletableFuture<byte[]> r = engine.submit(Command.of("SET key1 value1"));
    assertThat(text(r)).isEqualTo("OK");

    byte[] query = "GET key1".getBytes(UTF_8);
    CompletableFuture<byte[]> v = engine.read(query, ReadConsistency.LINEARIZABLE);
    assertThat(text(v)).isEqualTo("value1");
    CompletableFuture<byte[]> local = engine.read(query, ReadConsistency.LOCAL);
    assertThat(text(local)).isEqualTo("value1");

    CompletableFuture<byte[]> inTime =
        engine.submit(Command.of("SET key2 value2"), Duration.ofSeconds(5));
    assertThat(text(inTime)).isEqualTo("OK");

    CompletableFuture<byte[]> handled = new CompletableFuture<>();
    engine.submit(
        Command.of("DEL key2"),
        new ResultHandler() {
          @Override
          public void onResult(byte[] result) {
            handled.complete(result);
          }

          @Override
          public void onFailure(RabiaException failure) {
            handled.completeExceptionally(failure);
          }
        });
    assertThat(text(handled)).isEqualTo("OK");
    engines.forEach(RabiaEngine::close);
  }

  @Test
  void theJavaOfTheReadmeCompiles(@TempDir Path directory) throws IOException {
    Matcher block =
        Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(Path.of("../README.md")));
    int blocks = 0;
    while (block.find()) {
      Path source = directory.resolve("Readme" + blocks + ".java");
      String before =
          "class Readme"
              + blocks
              + " { RabiaEngine engine; NettyTransport transport; void block() throws Exception {";
      Files.writeString(source, IMPORTS + before + block.group(1) + "}}", UTF_8);
      StringWriter errors = new StringWriter();
      assertThat(compile(source, directory, errors)).as(errors.toString()).isTrue();
      blocks++;
    }
    assertThat(blocks).isPositive();
  }

  private static final String IMPORTS =
      Stream.of(
              "io.rabia.core.*",
              "io.rabia.core.batching.*",
              "io.rabia.core.statemachine.*",
              "io.rabia.engine.*",
              "io.rabia.kvstore.*",
              "io.rabia.kvstore.client.*",
              "io.rabia.leader.*",
              "io.rabia.network.*",
              "io.rabia.network.client.*",
              "io.rabia.network.server.*",
              "io.rabia.persistence.*",
              "java.nio.file.*",
              "java.time.*",
              "java.util.*",
              "java.util.concurrent.*",
              "static java.nio.charset.StandardCharsets.*")
          .map(name -> "import " + name + ";\n")
          .collect(Collectors.joining());

  private static boolean compile(Path source, Path to, StringWriter errors) {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StandardJavaFileManager files = compiler.getStandardFileManager(null, null, UTF_8);
    return compiler
        .getTask(
            errors,
            files,
            null,
            List.of("-proc:none", "-cp", classPath, "-d", to.toString()),
            null,
            files.getJavaFileObjects(source))
        .call();
  }

  @Test
  void aBatcherCollectsCommands() {
    CommandBatcher b =
        new CommandBatcher(
            BatchConfig.builder()
                .maxBatchSize(100)
                .maxBatchDelay(Duration.ofMillis(10))
                .adaptive(true)
                .build());
    Command command = Command.of("SET key1 value1");
    Optional<CommandBatch> full = b.add(command);
    assertThat(full).map(CommandBatch::count).hasValue(1);
    b.flush();
    assertThat(b.isEmpty()).isTrue();
  }

  @Test
  void aSerializerTakesMessagesThereAndBack() {
    Message message = new Message.Propose(7, BatchId.NOOP, null);
    Serializer s = Serializer.binary();
    Message m = s.deserialize(s.serialize(message));
    assertThat(m).isEqualTo(message);
    Serializer json = Serializer.json();
    assertThat(json.deserialize(json.serialize(message))).isEqualTo(message);
  }

  @Test
  void aPoolLendsBuffers() {
    try (PooledBuffer buffer = MemoryPool.shared().acquire(1024)) {
      assertThat(buffer.buffer().remaining()).isEqualTo(1024);
    }
  }

  @Test
  void aStoreRunsOverAnEngine() throws IOException {
    KVStoreConfig config = KVStoreConfig.defaults();
    try (RabiaEngine engine = started(1, members(1), new KvStateMachine(config))) {
      KVStore kv = KVStore.on(engine, config);
      kv.set("user:1", "data");
      Optional<String> value = kv.get("user:1");
      assertThat(value).hasValue("data");
    }
  }

  @Test
  void aStoreOpensAloneWithTransactionsAndSubscriptions() {
    KVStore kv = KVStore.open(KVStoreConfig.defaults());
    List<KvEvent> events = new CopyOnWriteArrayList<>();
    Subscription sub =
        kv.subscribe(NotificationFilter.keyPrefix("user:"), event -> events.add(event));
    assertThat(sub.id()).isPositive();
    Awaitility.await().until(() -> sub.position() >= 0);
    kv.set("user:1", "data");
    assertThat(kv.get("user:1")).hasValue("data");
    kv.transaction(
        tx -> {
          tx.get("a");
          tx.set("b", "1");
        });
    assertThat(kv.get("b")).hasValue("1");
    Awaitility.await().until(() -> events.size() == 1);
    sub.close();
    kv.close();
  }

  @Test
  void leadershipRunsOverAnEngine() throws IOException {
    try (RabiaEngine engine = started(1, members(1), new LeaderStateMachine())) {
      List<LeaderEvent> events = new CopyOnWriteArrayList<>();
      LeaderManager leader = LeaderManager.on(engine, LeaderConfig.defaults());
      leader.bus().subscribe(LeaderNotificationFilter.leadership(), event -> events.add(event));
      leader.campaign();
      Awaitility.await().until(leader::isLeader);
      Awaitility.await()
          .until(
              () ->
                  events.stream().filter(event -> !(event instanceof LeaderEvent.Heartbeat)).count()
                      == 3);
      leader.close();
    }
  }

  @Test
  void aClientTalksToServers() throws IOException {
    ServerConfig config =
        new ServerConfig(
            NodeId.of(1),
            ClusterConfig.parse(members(1)),
            ServerConfig.Initial.NEW,
            new HostPort("127.0.0.1", 0),
            null,
            null,
            null,
            null,
            Durability.MEMORY,
            Duration.ofMinutes(10),
            LogLimits.defaults(),
            KVStoreConfig.defaults(),
            TestServer.LIMITS);
    try (KvServer server = KvServer.start(config, KvServer::startEngine, failure -> {})) {
      String ready = server.readyLine();
      String address = ready.substring(ready.indexOf("client=") + "client=".length()).split(" ")[0];
      try (KvClient client = KvClient.connect(address)) {
        client.set("user:1", "data");
        assertThat(client.get("user:1")).hasValue("data");
      }
    }
  }
}
