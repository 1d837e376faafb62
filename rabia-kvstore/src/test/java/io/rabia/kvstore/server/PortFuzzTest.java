package io.rabia.kvstore.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DuplexChannel;
import io.rabia.core.ClusterId;
import io.rabia.core.Command;
import io.rabia.core.Fuzz;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import io.rabia.core.transport.TransportStatistics;
import io.rabia.kvstore.KVStore;
import io.rabia.kvstore.KVStoreConfig;
import io.rabia.kvstore.KvStateMachine;
import io.rabia.kvstore.TestServer;
import io.rabia.kvstore.server.http.HealthPages;
import io.rabia.kvstore.server.http.HttpConnection;
import io.rabia.kvstore.server.redis.RedisConnection;
import io.rabia.kvstore.server.redis.RedisNotifications;
import io.rabia.kvstore.server.redis.RedisServer;
import io.rabia.network.server.Administration;
import io.rabia.network.server.ClientConnection;
import io.rabia.network.server.ClientService;
import io.rabia.network.server.Completions;
import io.rabia.network.server.NodeStatus;
import io.rabia.network.server.NodeStatusSource;
import io.rabia.network.server.Port;
import io.rabia.network.server.PortConnection;
import io.rabia.network.wire.Frames;
import io.rabia.network.wire.Hello;
import io.rabia.network.wire.Request;
import io.rabia.network.wire.RequestKind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Hostile bytes at whole connections of the client, Redis and HTTP ports, from fixed seeds. */
class PortFuzzTest {

  /** A connection without a socket, both of whose directions end with it. */
  private static final class Wire extends EmbeddedChannel implements DuplexChannel {
    Wire(PortConnection connection) {
      super(connection);
    }

    @Override
    public boolean isInputShutdown() {
      return !isOpen();
    }

    @Override
    public boolean isOutputShutdown() {
      return !isOpen();
    }

    @Override
    public boolean isShutdown() {
      return !isOpen();
    }

    @Override
    public ChannelFuture shutdownInput() {
      return close();
    }

    @Override
    public ChannelFuture shutdownInput(ChannelPromise promise) {
      return close(promise);
    }

    @Override
    public ChannelFuture shutdownOutput() {
      return close();
    }

    @Override
    public ChannelFuture shutdownOutput(ChannelPromise promise) {
      return close(promise);
    }

    @Override
    public ChannelFuture shutdown() {
      return close();
    }

    @Override
    public ChannelFuture shutdown(ChannelPromise promise) {
      return close(promise);
    }
  }

  /** Answers everything at once. */
  private static final class Prompt implements Submitter, NodeStatusSource, Administration {
    private final KvStateMachine store = new KvStateMachine(SMALL);
    private long slot;

    @Override
    public CompletableFuture<byte[]> submit(Command command, Duration timeout) {
      slot++;
      return CompletableFuture.completedFuture(
          store.apply(slot, slot, ByteBuffer.wrap(command.payload())));
    }

    @Override
    public CompletableFuture<byte[]> read(byte[] query, ReadConsistency as, Duration timeout) {
      return as == ReadConsistency.LOCAL
          ? CompletableFuture.failedFuture(new RabiaException.Timeout("for a test"))
          : CompletableFuture.completedFuture(store.query(ByteBuffer.wrap(query)));
    }

    @Override
    public CompletableFuture<Long> openSession(Duration timeout) {
      return CompletableFuture.completedFuture(5L);
    }

    @Override
    public ClusterId clusterId() {
      return CLUSTER;
    }

    @Override
    public CompletableFuture<byte[]> execute(String line, Duration timeout) {
      return CompletableFuture.completedFuture(line.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public CompletableFuture<NodeStatus> status() {
      return CompletableFuture.completedFuture(STATUS);
    }

    @Override
    public CompletableFuture<NodeStatus> statusAt(long slot, Duration timeout) {
      return status();
    }
  }

  private static final KVStoreConfig SMALL =
      KVStoreConfig.builder()
          .maxEntries(16)
          .maxMemoryMb(8)
          .historyEvents(1000)
          .historyMb(4)
          .build();

  /** What nobody uses while others do, for who else asks now and then. */
  private static final KVStore ASIDE = KVStore.on(new Prompt(), SMALL);

  private static final ClusterId CLUSTER = new ClusterId(1, 2);
  private static final NodeStatus STATUS =
      new NodeStatus(
          1,
          NodeStatus.State.SERVING,
          "",
          0,
          9,
          9,
          7,
          8,
          9,
          9,
          0,
          0,
          1,
          0,
          3,
          3,
          new TransportStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0));
  private static final Prompt NODE = new Prompt();
  private static final ClientService SERVICE =
      new ClientService(NodeId.of(1), query -> 1 << 20, NODE, NODE, NODE, List::of);

  /** Whoever is cut off is told why: a connection that only closes met an error of this side. */
  private static Fuzz.Result feed(
      int inputs,
      List<byte[]> samples,
      List<byte[]> words,
      BiFunction<Port, Completions, PortConnection> connection)
      throws Exception {
    EmbeddedChannel loop = new EmbeddedChannel();
    Port port = new Port("hostile", TestServer.LIMITS, loop.eventLoop());
    return Fuzz.run(
        1,
        inputs,
        samples,
        words,
        input -> {
          EmbeddedChannel results = new EmbeddedChannel();
          Wire wire = new Wire(connection.apply(port, new Completions(results.eventLoop())));
          int cut = input.length / 2;
          send(wire, results, Unpooled.copiedBuffer(input, 0, cut));
          send(wire, results, Unpooled.copiedBuffer(input, cut, input.length - cut));
          boolean answered = false;
          for (ByteBuf out = wire.readOutbound(); out != null; out = wire.readOutbound()) {
            answered |= out.isReadable();
            out.release();
          }
          boolean open = wire.isOpen();
          wire.close();
          wire.runPendingTasks();
          wire.checkException();
          if (!open && !answered) {
            throw new AssertionError("closed without a word");
          }
          if (!open) {
            throw new RabiaException.Serialization("closed");
          }
        });
  }

  private static void send(Wire wire, EmbeddedChannel results, ByteBuf bytes) {
    if (wire.isOpen()) {
      wire.writeInbound(bytes);
      results.runPendingTasks();
      wire.runPendingTasks();
    } else {
      bytes.release();
    }
  }

  private static List<byte[]> texts(String... texts) {
    return Stream.of(texts).map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
  }

  private static byte[] written(Consumer<ByteBuf> writer) {
    ByteBuf buffer = Unpooled.buffer();
    Frames.writeHello(buffer, new Hello(1, CLUSTER, Integer.MAX_VALUE));
    writer.accept(buffer);
    return ByteBufUtil.getBytes(buffer);
  }

  private static Fuzz.Result clients(int inputs) throws Exception {
    byte[] payload = {1, 2, 3};
    List<byte[]> samples =
        List.of(
            written(b -> Frames.writeRequest(b, Request.submit(1, 100, 2, 5, 3, payload))),
            written(
                b ->
                    Frames.writeRequest(b, Request.of(2, RequestKind.READ_LOCAL, 100, 0, payload))),
            written(b -> Frames.writeRequest(b, Request.of(3, RequestKind.STATUS, 9, 0, null))),
            written(
                b ->
                    Frames.writeRequest(
                        b, Request.of(4, RequestKind.ADMINISTRATION, 100, 0, payload))),
            written(b -> Frames.writeEmpty(b, Frames.PING)));
    return feed(
        inputs,
        samples,
        samples,
        (port, completions) -> new ClientConnection(port, SERVICE, completions));
  }

  private static Fuzz.Result redis(int inputs) throws Exception {
    return feed(
        inputs,
        texts(
            "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r\nhello\r\n",
            "*2\r\n$4\r\nINCR\r\n$1\r\na\r\n",
            "*3\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$1\r\nx\r\n",
            "GET a\r\nSELECT 0\r\nCLIENT SETNAME x\r\nCOMMAND DOCS\r\nINFO\r\n",
            "DEL a b \"c d\"\r\n",
            "SET a b PX 100 NX GET\r\nMGET a b\r\nTTL a\r\nEXPIRE a 10\r\nSTRLEN a\r\n",
            "WATCH a\r\nMULTI\r\nAPPEND a x\r\nMSET a 1 b 2\r\nGET a\r\nEXEC\r\n",
            "SCAN 0 MATCH [a-c]*\\?x COUNT 5\r\nKEYS *a?[^b]\r\nMSETNX c 1 d 2\r\n"),
        texts(
            "\r\n",
            "*-1\r\n",
            "*1\r\n$-1\r\n",
            "EX",
            "NX",
            "2147483648",
            "*3\r\n",
            "'",
            "QUIT\r\n"),
        (port, completions) -> new RedisConnection(port, redisServer(completions), 1));
  }

  private static RedisServer redisServer(Completions completions) {
    RedisNotifications notifications =
        new RedisNotifications(ASIDE, new EmbeddedChannel().eventLoop());
    return new RedisServer("1", 1, NODE, SMALL, completions, notifications);
  }

  private static Fuzz.Result http(int inputs) throws Exception {
    KvStateMachine store = new KvStateMachine(KVStoreConfig.defaults());
    return feed(
        inputs,
        texts(
            "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
            "HEAD /health/ready?x=1 HTTP/1.1\r\n\r\n",
            "GET /status HTTP/1.1\r\nConnection: keep-alive\r\n\r\n",
            "DELETE / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"),
        texts(
            "\r\n",
            "\r\n\r\n",
            " ",
            "HTTP/1.0",
            "\r\nConnection: close\r\n",
            "\r\nTransfer-Encoding: x\r\n",
            "\0"),
        (port, completions) ->
            new HttpConnection(
                port, new HealthPages(NODE, store, () -> List.of(port)), completions));
  }

  private static void feedAll(int inputs) throws Exception {
    for (Fuzz.Result result : List.of(clients(inputs), redis(inputs), http(inputs))) {
      assertThat(result.refused()).isPositive();
      assertThat(result.taken()).isPositive();
    }
  }

  @Test
  void whoSpeaksNonsenseIsToldSo() throws Exception {
    feedAll(1_000);
  }

  @Tag("long")
  @Test
  void whoSpeaksNonsenseIsToldSoForALongTime() throws Exception {
    feedAll(100_000);
  }
}
