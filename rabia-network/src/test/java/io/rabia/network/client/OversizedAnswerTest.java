package io.rabia.network.client;

import static io.rabia.network.client.Machine.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.rabia.core.ClusterId;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.network.server.PortStatistics.Event;
import io.rabia.network.wire.ErrorCode;
import io.rabia.network.wire.Frames;
import io.rabia.network.wire.Welcome;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An answer that is too large for its client fails its request, and nothing else. */
@Timeout(30)
final class OversizedAnswerTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final ClientConfig SMALL = ClientConfig.defaults().withMaxFrame(10_000);

  private static void assertTooLarge(CompletableFuture<byte[]> answer, String message) {
    assertThat(answer)
        .failsWithin(SOON)
        .withThrowableThat()
        .withCauseInstanceOf(RabiaException.AnswerTooLarge.class)
        .withMessageContaining(message);
  }

  @Test
  void theServerKeepsItBack() {
    try (Machine machine = Machine.start(1);
        RabiaClient client = RabiaClient.connect(machine.address(), SMALL)) {
      machine.answers = text -> CompletableFuture.completedFuture(new byte[text.length() * 10_000]);
      CompletableFuture<byte[]> large = client.read(bytes("x"), ReadConsistency.LOCAL);
      CompletableFuture<byte[]> small = client.read(bytes(""), ReadConsistency.LOCAL);
      assertTooLarge(large, "10000 bytes; at most " + (10_000 - Frames.MAX_OVERHEAD));
      assertThat(small).succeedsWithin(SOON);
      assertThat(machine.count(Event.ACCEPTED)).isEqualTo(1);
      assertThat(machine.reads).as("it is not asked again").hasSize(2);
    }
  }

  /** As one of the first version does. */
  @Test
  void theClientSkipsItWhenTheServerSendsIt() throws IOException {
    try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        RabiaClient client = RabiaClient.connect("127.0.0.1:" + listening.getLocalPort(), SMALL)) {
      CompletableFuture<byte[]> large = client.read(bytes("large"), ReadConsistency.LOCAL);
      CompletableFuture<byte[]> small = client.read(bytes("small"), ReadConsistency.LOCAL);
      try (Socket socket = listening.accept()) {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        OutputStream out = socket.getOutputStream();
        frame(in);
        out.write(written(b -> Frames.writeWelcome(b, new Welcome(1, 1, ClusterId.NONE))));
        long first = correlation(frame(in));
        long second = correlation(frame(in));
        byte[] answer =
            written(b -> Frames.writeResponse(b, first, ErrorCode.OK, new byte[50_000]));
        out.write(answer, 0, 9);
        out.flush();
        out.write(answer, 9, 30_000);
        out.flush();
        out.write(answer, 30_009, answer.length - 30_009);
        out.write(written(b -> Frames.writeResponse(b, second, ErrorCode.OK, bytes("ok"))));
        assertTooLarge(large, "50000 bytes; at most 10000");
        assertThat(small).succeedsWithin(SOON).isEqualTo(bytes("ok"));
      }
    }
  }

  private static ByteBuf frame(DataInputStream in) throws IOException {
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return Unpooled.wrappedBuffer(bytes);
  }

  private static long correlation(ByteBuf request) {
    assertThat(request.readByte()).isEqualTo(Frames.REQUEST);
    return Frames.readRequest(request).correlation();
  }

  private static byte[] written(Consumer<ByteBuf> writer) {
    ByteBuf buffer = Unpooled.buffer();
    writer.accept(buffer);
    return ByteBufUtil.getBytes(buffer);
  }
}
