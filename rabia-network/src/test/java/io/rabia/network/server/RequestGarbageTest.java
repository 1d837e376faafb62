package io.rabia.network.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.rabia.core.Allocations;
import io.rabia.core.ClusterId;
import io.rabia.core.Command;
import io.rabia.core.NodeId;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import io.rabia.network.wire.Frames;
import io.rabia.network.wire.Hello;
import io.rabia.network.wire.Request;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the client port allocates for a command, compiled or not. */
final class RequestGarbageTest {
  private static final int AT_ONCE = 1000;
  private static final int ROUNDS = 20;
  private static final byte[] RESULT = new byte[9];
  private static final byte[] PAYLOAD = new byte[32];

  /** The array of the payload, the command, its time-out and what waits for its result. */
  private static final long MOST = 48 + 40 + 24 + 48;

  private final Answering submitter = new Answering();
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final Port port = new Port("client", PortLimits.defaults(), channel.eventLoop());

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  private static final class Answering implements Submitter {
    private long submitted;

    @Override
    public void submit(
        Command command,
        Duration timeout,
        BiConsumer<byte @Nullable [], @Nullable Throwable> whenDone) {
      submitted += command.payload().length == PAYLOAD.length ? 1 : 0;
      whenDone.accept(RESULT, null);
    }

    @Override
    public CompletableFuture<byte[]> submit(Command command, Duration timeout) {
      throw new AssertionError("with a future");
    }

    @Override
    public CompletableFuture<byte[]> read(
        byte[] query, ReadConsistency consistency, Duration timeout) {
      throw new AssertionError("a read");
    }

    @Override
    public CompletableFuture<Long> openSession(Duration timeout) {
      throw new AssertionError("a session");
    }

    @Override
    public ClusterId clusterId() {
      return ClusterId.NONE;
    }
  }

  private static final class Unasked implements NodeStatusSource {
    @Override
    public CompletableFuture<NodeStatus> status() {
      throw new AssertionError("a status");
    }

    @Override
    public CompletableFuture<NodeStatus> statusAt(long slot, Duration timeout) {
      throw new AssertionError("a status");
    }
  }

  private ByteBuf requests() {
    ByteBuf bytes = channel.alloc().buffer();
    for (long number = 1; number <= AT_ONCE; number++) {
      Frames.writeRequest(bytes, Request.submit(number, 1000, 7, number, number, PAYLOAD));
    }
    return bytes;
  }

  /** Returns how many bytes were answered. */
  private long answered() {
    long bytes = 0;
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      bytes += out.readableBytes();
      out.release();
    }
    return bytes;
  }

  @Test
  void aCommandIsFourObjectsHere() {
    ClientService service =
        new ClientService(
            NodeId.of(1),
            query -> 0,
            submitter,
            new Unasked(),
            (line, timeout) -> CompletableFuture.failedFuture(new AssertionError(line)),
            List::of);
    Completions completions = new Completions(channel.eventLoop());
    channel.pipeline().addLast(new ClientConnection(port, service, completions));
    channel.pipeline().fireChannelActive();
    ByteBuf hello = channel.alloc().buffer();
    Frames.writeHello(hello, new Hello(1, ClusterId.NONE, 1024));
    channel.writeInbound(hello);
    assertThat(answered()).isPositive();
    long[] answered = {0};
    ByteBuf requests = requests();
    long allocated =
        Allocations.of(
            () -> {
              for (int round = 0; round < ROUNDS; round++) {
                channel.writeInbound(requests.retainedDuplicate());
                answered[0] += answered();
              }
            });
    requests.release();
    long all = 2L * ROUNDS * AT_ONCE;
    assertThat(submitter.submitted).isEqualTo(all);
    assertThat(answered[0])
        .isEqualTo(all * (Frames.LENGTH_FIELD + Frames.RESPONSE_HEAD + RESULT.length));
    assertThat(allocated / (all / 2)).isLessThanOrEqualTo(MOST + 4);
  }
}
