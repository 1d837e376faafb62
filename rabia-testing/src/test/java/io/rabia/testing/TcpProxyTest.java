package io.rabia.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.rabia.testing.TcpProxy.Direction;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TcpProxyTest {
  private static final int PATIENCE_MILLIS = 10_000;
  private static final StreamConditions PERFECT = StreamConditions.perfect();

  private ServerSocket listener;
  private TcpProxy proxy;
  private Socket client;
  private Socket server;

  @BeforeEach
  void connect() throws IOException {
    listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    listener.setSoTimeout(PATIENCE_MILLIS);
    proxy = TcpProxy.to((InetSocketAddress) listener.getLocalSocketAddress());
    client = dial();
    server = accept();
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    server.close();
    proxy.close();
    listener.close();
  }

  private Socket dial() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.address().getPort());
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    return socket;
  }

  private Socket accept() throws IOException {
    Socket socket = listener.accept();
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private static void send(Socket from, byte[] bytes) throws IOException {
    OutputStream out = from.getOutputStream();
    out.write(bytes);
  }

  private static byte[] receive(Socket at, int length) throws IOException {
    byte[] bytes = new byte[length];
    new DataInputStream(at.getInputStream()).readFully(bytes);
    return bytes;
  }

  private static void assertArrives(Socket from, Socket at) throws IOException {
    byte[] bytes = bytes(100);
    send(from, bytes);
    assertThat(receive(at, bytes.length)).isEqualTo(bytes);
  }

  private static void assertReset(Socket at) {
    assertThatThrownBy(() -> at.getInputStream().read())
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
  }

  private static void assertNothingArrives(Socket at) throws IOException {
    at.setSoTimeout(50);
    assertThatThrownBy(() -> at.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
    at.setSoTimeout(PATIENCE_MILLIS);
  }

  @Test
  void passesEverythingOnBothWaysAtOnce() throws Exception {
    byte[] much = bytes(5_000_000);
    byte[] other = bytes(4_000_000);
    CompletableFuture<Void> there = sendLater(client, much);
    CompletableFuture<Void> back = sendLater(server, other);
    CompletableFuture<byte[]> received =
        CompletableFuture.supplyAsync(() -> unchecked(() -> receive(client, other.length)));
    assertThat(receive(server, much.length)).isEqualTo(much);
    assertThat(received.join()).isEqualTo(other);
    CompletableFuture.allOf(there, back).join();
    long all = (long) much.length + other.length;
    await()
        .untilAsserted(
            () ->
                assertThat(proxy.statistics()).isEqualTo(new TcpProxy.Statistics(1, 1, all, 0, 0)));
  }

  private static CompletableFuture<Void> sendLater(Socket from, byte[] bytes) {
    return CompletableFuture.runAsync(
        () ->
            unchecked(
                () -> {
                  send(from, bytes);
                  return bytes;
                }));
  }

  private interface Io<T> {
    T run() throws IOException;
  }

  private static <T> T unchecked(Io<T> io) {
    try {
      return io.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void passesOnTheEndOfEachWayByItself() throws Exception {
    send(client, bytes(10));
    client.shutdownOutput();
    assertThat(receive(server, 10)).isEqualTo(bytes(10));
    assertThat(server.getInputStream().read()).isEqualTo(-1);
    assertArrives(server, client);
    server.close();
    assertThat(client.getInputStream().read()).isEqualTo(-1);
    await().until(() -> proxy.statistics().open() == 0);
  }

  @Test
  void passesOnAReset() throws Exception {
    server.setSoLinger(true, 0);
    server.close();
    assertReset(client);
  }

  @Test
  void delaysOneWayAndKeepsTheOrder() throws Exception {
    proxy.set(Direction.TO_TARGET, PERFECT.withDelay(Duration.ofMillis(150)));
    long start = System.nanoTime();
    byte[] much = bytes(100_000);
    send(client, much);
    assertArrives(server, client);
    assertThat(System.nanoTime() - start).isLessThan(Duration.ofMillis(150).toNanos());
    assertThat(receive(server, much.length)).isEqualTo(much);
    assertThat(System.nanoTime() - start).isGreaterThan(Duration.ofMillis(150).toNanos());
  }

  @Test
  void holdsNoMoreOfADelayedStreamThanItSays() throws Exception {
    proxy.set(PERFECT.withDelay(Duration.ofHours(1)));
    server.setReceiveBufferSize(1 << 16);
    byte[] more = new byte[64 << 20];
    CompletableFuture<Void> sending = sendLater(client, more);
    await().during(Duration.ofMillis(100)).until(() -> !sending.isDone());
    client.close();
    assertThat(sending).failsWithin(Duration.ofSeconds(10));
  }

  @Test
  void letsThroughAsManyBytesASecondAsItSays() throws Exception {
    proxy.set(Direction.TO_TARGET, PERFECT.withBandwidth(100_000));
    byte[] bytes = bytes(30_000);
    long start = System.nanoTime();
    send(client, bytes);
    assertThat(receive(server, bytes.length)).isEqualTo(bytes);
    assertThat(System.nanoTime() - start)
        .isBetween(Duration.ofMillis(250).toNanos(), Duration.ofSeconds(5).toNanos());
  }

  @Test
  void letsBytesTrickleAndTheRestThroughAtOnceOnceItMay() throws Exception {
    proxy.set(Direction.TO_TARGET, PERFECT.withBandwidth(4));
    byte[] bytes = bytes(50_000);
    send(client, bytes);
    byte[] first = receive(server, 1);
    assertNothingArrives(server);
    proxy.heal();
    byte[] rest = receive(server, bytes.length - 1);
    assertThat(first[0]).isEqualTo(bytes[0]);
    assertThat(rest).isEqualTo(Arrays.copyOfRange(bytes, 1, bytes.length));
  }

  @Test
  void changesAboutAsManyBytesAsItSaysAndCountsThem() throws Exception {
    proxy.set(Direction.TO_CLIENT, PERFECT.withCorruption(0.05));
    byte[] bytes = bytes(100_000);
    CompletableFuture<Void> sending = sendLater(server, bytes);
    byte[] received = receive(client, bytes.length);
    sending.join();
    int changed = 0;
    for (int i = 0; i < bytes.length; i++) {
      changed += bytes[i] == received[i] ? 0 : 1;
    }
    assertThat(changed).isBetween(4000, 6000);
    assertThat(proxy.statistics().corrupted()).isEqualTo(changed);
    assertArrives(client, server);
  }

  @Test
  void losesInSilenceAndNeverGoesOnBehindWhatItLost() throws Exception {
    proxy.set(Direction.TO_TARGET, PERFECT.withSilence());
    send(client, bytes(10));
    assertNothingArrives(server);
    assertArrives(server, client);
    await().until(() -> proxy.statistics().lost() == 10);
    proxy.heal();
    send(client, bytes(10));
    assertNothingArrives(server);
    client.close();
    assertNothingArrives(server);
    client = dial();
    Socket second = accept();
    assertArrives(client, second);
    second.close();
  }

  @Test
  void losesWhatIsOnItsWayWhenTheSilenceBegins() throws Exception {
    proxy.set(Direction.TO_TARGET, PERFECT.withDelay(Duration.ofHours(1)));
    send(client, bytes(10));
    proxy.set(Direction.TO_TARGET, PERFECT.withDelay(Duration.ofHours(1)).withSilence());
    await().until(() -> proxy.statistics().lost() == 10);
    assertNothingArrives(server);
  }

  @Test
  void tellsNobodyOfAnEndInSilenceUntilItIsOver() throws Exception {
    proxy.set(PERFECT.withSilence());
    client.close();
    assertNothingArrives(server);
    proxy.heal();
    assertThat(server.getInputStream().read()).isEqualTo(-1);
  }

  @Test
  void resetsWhatThereIsAndTakesNewConnections() throws Exception {
    proxy.reset();
    assertReset(client);
    assertReset(server);
    client = dial();
    server = accept();
    assertArrives(client, server);
    assertThat(proxy.statistics().connections()).isEqualTo(2);
  }

  @Test
  void resetsBehindExactlySoManyBytesOnce() throws Exception {
    proxy.resetAfter(Direction.TO_TARGET, 17);
    send(client, bytes(40));
    assertReset(client);
    InputStream in = server.getInputStream();
    assertThatThrownBy(in::readAllBytes).isInstanceOf(SocketException.class);
    assertThat(proxy.statistics().passed()).isEqualTo(17);
    client = dial();
    server = accept();
    assertArrives(client, server);
  }

  @Test
  void refusesWhileItIsCutAndServesWhenItIsHealed() throws Exception {
    proxy.cut();
    assertReset(client);
    assertReset(server);
    assertThatThrownBy(
            () -> {
              Socket refused = dial();
              refused.getInputStream().read();
            })
        .isInstanceOf(SocketException.class);
    proxy.heal();
    client = dial();
    server = accept();
    assertArrives(client, server);
  }

  @Test
  void resetsThoseWhoComeWhileTheTargetIsNotThere() throws Exception {
    listener.close();
    Socket early = dial();
    assertReset(early);
    early.close();
  }

  @Test
  void endsEverythingWhenItIsClosed() {
    proxy.close();
    proxy.close();
    assertReset(client);
    assertReset(server);
    assertThatThrownBy(this::dial).isInstanceOf(IOException.class);
  }
}
