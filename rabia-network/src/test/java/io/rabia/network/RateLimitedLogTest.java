package io.rabia.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class RateLimitedLogTest {

  @Test
  void writesOneLineAnIntervalAndSaysHowManyItLeftOut() {
    AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
    List<String> lines = new ArrayList<>();
    RateLimitedLog log = new RateLimitedLog(lines::add, clock::get);
    log.warn("a");
    log.warn("b");
    log.warn("c");
    clock.addAndGet(TimeUnit.SECONDS.toNanos(10));
    log.warn("d");
    assertThat(lines).containsExactly("a", "d (2 similar warnings left out before)");
  }
}
