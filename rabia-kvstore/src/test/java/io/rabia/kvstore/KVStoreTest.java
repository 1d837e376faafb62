package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.RabiaException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class KVStoreTest {
  private final FakeCluster cluster = new FakeCluster();
  private final FakeCluster.Node node = cluster.node(1);
  private final KVStore kv = KVStore.on(node, KVStoreConfig.defaults());

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void doesWhatItsNamesSay() {
    assertThat(kv.set("user:1", "data")).isEqualTo(1);
    assertThat(kv.get("user:1")).contains("data");
    assertThat(kv.exists("user:1")).isTrue();
    assertThat(kv.compareAndSet("user:1", "other", "x")).isFalse();
    assertThat(kv.compareAndSet("user:1", "data", "x")).isTrue();
    assertThat(kv.delete("user:1")).isTrue();
    assertThat(kv.delete("user:1")).isFalse();
    assertThat(kv.exists("user:1")).isFalse();
    assertThat(kv.get("user:1")).isEqualTo(Optional.empty());
    assertThat(kv.increment("n", 41)).isEqualTo(41);
    assertThat(kv.increment("n", 1)).isEqualTo(42);
  }

  @Test
  void executesEqualCommandsOfTwoCallersTwice() {
    KVStore other = KVStore.on(cluster.node(2), KVStoreConfig.defaults());
    kv.increment("n", 1);
    assertThat(other.increment("n", 1)).isEqualTo(2);
  }

  @Test
  void saysWhyAnOperationWasRefused() {
    assertThatThrownBy(() -> kv.set("", "x"))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> {
              assertThat(e.error()).isEqualTo(StoreError.INVALID_KEY);
              assertThat(e.clientError()).isTrue();
              assertThat(e.recoverable()).isFalse();
            });
    node.mode(FakeCluster.Mode.NO_QUORUM);
    assertThatThrownBy(() -> kv.get("x"))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> {
              assertThat(e.error()).isEqualTo(StoreError.UNAVAILABLE);
              assertThat(e.clientError()).isFalse();
              assertThat(e.recoverable()).isTrue();
              assertThat(e).hasCauseInstanceOf(RabiaException.NoQuorum.class);
            });
  }

  @Test
  void handsItsTimeoutToTheEngine() {
    KVStoreConfig config = KVStoreConfig.builder().requestTimeout(Duration.ofMillis(1234)).build();
    FakeCluster.Node other = cluster.node(2);
    KVStore.on(other, config).set("a", "b");
    assertThat(other.lastTimeoutMillis()).isEqualTo(1234);
  }
}
