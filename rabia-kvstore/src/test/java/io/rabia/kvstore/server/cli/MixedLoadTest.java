package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rabia.kvstore.FakeCluster;
import io.rabia.kvstore.FakeCluster.Mode;
import io.rabia.kvstore.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The load of the campaigns finds what it is to find. */
@Tag("long")
@Timeout(60)
final class MixedLoadTest {
  private final FakeCluster cluster = new FakeCluster();
  private final List<TestServer> servers =
      List.of(TestServer.start(cluster, 1), TestServer.start(cluster, 2));

  @AfterEach
  void stop() {
    servers.forEach(TestServer::close);
    cluster.close();
  }

  /** What a load finds when the servers behave so until there is enough of it. */
  private List<String> found(Mode meanwhile, Predicate<MixedLoad> enough)
      throws InterruptedException {
    String addresses = servers.get(0).client() + "," + servers.get(1).client();
    try (MixedLoad load = new MixedLoad(addresses, 8, Duration.ofMillis(300))) {
      await().until(() -> load.writes() > 100);
      servers.forEach(server -> server.node().mode(meanwhile));
      await().until(() -> enough.test(load));
      servers.forEach(server -> server.node().mode(Mode.SERVING));
      long writes = load.writes();
      await().until(() -> load.writes() > writes + 100);
      return load.finish();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"NO_QUORUM", "SILENT"})
  void whatIsNotExecutedOrNobodyKnowsIsNoViolation(Mode mode) throws InterruptedException {
    assertThat(found(mode, load -> load.errors() > 40))
        .hasSize(1)
        .first()
        .asString()
        .contains(mode == Mode.SILENT ? "Timeout=" : "NoQuorum=");
  }

  @Test
  void whatIsExecutedAlthoughItWasSaidThatItWasNotIsFound() throws InterruptedException {
    assertThat(found(Mode.LYING, load -> load.refusals() > 0))
        .anyMatch(line -> line.matches("counter-\\d is .*"))
        .anyMatch(line -> line.contains(" was not executed and is Optional[entry-"));
  }
}
