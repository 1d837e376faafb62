package io.rabia.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class InMemoryPersistenceTest {

  @Test
  void numbersGroupsAndCallsThemDurableAtOnce() {
    try (InMemoryPersistence log = new InMemoryPersistence()) {
      assertThat(log.open((number, group) -> true, () -> {})).isEqualTo(Persistence.NONE);
      assertThat(log.durability()).isEqualTo(Durability.MEMORY);
      assertThat(log.append(ByteBuffer.allocate(1))).isEqualTo(1);
      assertThat(log.append(ByteBuffer.allocate(1))).isEqualTo(2);
      log.flush();
      assertThat(log.durable()).isEqualTo(2);
    }
  }

  @Test
  void keepsNothing() {
    try (InMemoryPersistence log = new InMemoryPersistence()) {
      log.open((number, group) -> true, () -> {});
      log.append(ByteBuffer.allocate(100));
      assertThat(log.sizeBytes()).isZero();
      log.read(
          1,
          (number, group) -> {
            throw new AssertionError("group " + number);
          });
    }
  }

  @Test
  void takesNothingAfterClose() {
    InMemoryPersistence log = new InMemoryPersistence();
    log.close();
    log.close();
    assertThatThrownBy(() -> log.append(ByteBuffer.allocate(1)))
        .isInstanceOf(RabiaException.Closed.class);
  }
}
