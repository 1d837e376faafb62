package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.FakeCluster;
import io.rabia.kvstore.FreePorts;
import io.rabia.kvstore.TestServer;
import io.rabia.kvstore.server.cli.ServerProcesses.Output;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A member is added by an address that its server, or the network, can say something about. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(30)
final class MembershipCommandsTest {
  private final FakeCluster cluster = new FakeCluster();
  private final TestServer one = TestServer.start(cluster, 1);
  private final TestServer four = TestServer.start(cluster, 4);

  @AfterEach
  void stop() {
    one.close();
    four.close();
    cluster.close();
  }

  /** Adds it to a cluster of one, and returns the warnings. */
  private String add(String member, String... servers) {
    one.node().operations(MembershipCommandsTest::answer);
    List<String> arguments = List.of("add", member, "--servers", String.join(",", servers));
    Output output = ServerProcesses.command(arguments);
    assertThat(output.code()).as("%s", output).isZero();
    assertThat(output.out())
        .isEqualToIgnoringNewLines("members epoch=1 alpha=128 members=1=h:1," + member);
    return output.err().strip();
  }

  private static CompletableFuture<byte[]> answer(String line) {
    String text =
        line.equals("members")
            ? "members epoch=0 alpha=128 members=1=h:1"
            : line.replace("change epoch=0 ", "members epoch=1 ");
    return CompletableFuture.completedFuture(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void itsServerIsAskedWhereItListens() {
    four.node()
        .operations(
            line ->
                line.equals("address")
                    ? CompletableFuture.completedFuture(
                        "address member=4=h:4".getBytes(StandardCharsets.UTF_8))
                    : answer(line));
    assertThat(add("4=h:5", one.client(), four.client()))
        .isEqualTo("warning: the server says that it is 4=h:4, not 4=h:5");
    assertThat(add("4=h:4", one.client(), four.client())).isEmpty();
  }

  @Test
  void whereItsServerIsNotAskedSomebodyMustListenThere() throws IOException {
    int port = FreePorts.next();
    String member = "4=127.0.0.1:" + port;
    assertThat(add(member, one.client()))
        .isEqualTo("warning: nobody listens on 127.0.0.1:" + port + ", seen from here");
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      assertThat(socket.isBound()).isTrue();
      assertThat(add(member, one.client())).isEmpty();
    }
  }
}
