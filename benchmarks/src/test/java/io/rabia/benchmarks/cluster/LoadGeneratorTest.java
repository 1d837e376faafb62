package io.rabia.benchmarks.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.benchmarks.cluster.LoadSpec.Operation;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoadGeneratorTest {
  private static final int KEYS = 50;

  private final Store store = new Store();

  /** Answers from a map after a while. */
  private static final class Store implements Target {
    final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
    final Map<String, byte[]> values = new HashMap<>();
    long delayMicros;
    long stallUntil;
    int outstanding;
    int mostOutstanding;
    long resent = 5;

    @Override
    public void execute(Runnable task) {
      thread.execute(task);
    }

    @Override
    public void write(int client, byte[] key, byte[] value, Outcome outcome) {
      values.put(text(key), value);
      answer(() -> outcome.succeeded(new byte[0]));
    }

    @Override
    public void read(int client, byte[] key, Outcome outcome) {
      byte[] value = values.get(text(key));
      answer(
          () -> {
            if (value == null) {
              outcome.failed("nothing there");
            } else {
              outcome.succeeded(value);
            }
          });
    }

    private static String text(byte[] key) {
      return new String(key, StandardCharsets.US_ASCII);
    }

    private void answer(Runnable task) {
      mostOutstanding = Math.max(mostOutstanding, ++outstanding);
      long stall = Math.max(0, (stallUntil - System.nanoTime()) / 1000);
      thread.schedule(
          () -> {
            outstanding--;
            task.run();
          },
          Math.max(delayMicros, stall),
          TimeUnit.MICROSECONDS);
    }

    @Override
    public int home(int client) {
      return client % 3;
    }

    @Override
    public int homes() {
      return 3;
    }

    @Override
    public int leader() {
      return -1;
    }

    @Override
    public long resent() {
      return resent++;
    }
  }

  @AfterEach
  void close() {
    store.thread.shutdown();
  }

  private LoadResult run(Operation operation, int clients, double rate) {
    double seconds = rate > 0 ? 0.25 : 0.1;
    LoadSpec spec = new LoadSpec(operation, clients, 16, 24, KEYS, 0.02, seconds, rate, true);
    LoadGenerator generator =
        new LoadGenerator(store, LoadSpec.of(Fields.parse(spec.fields().toString())), done -> {});
    return LoadResult.of(Fields.parse(generator.run().fields().toString()));
  }

  @Test
  void keepsSoManyRequestsOutstandingInAClosedLoop() {
    store.delayMicros = 2000;

    LoadResult result = run(Operation.WRITE, 9, 0);

    assertThat(store.mostOutstanding).isEqualTo(9);
    assertThat(result.p50()).isGreaterThanOrEqualTo(1990);
    assertThat(result.opsPerSecond()).isBetween(100.0, 9 * 1e6 / 2000);
    assertThat(result.errors()).isZero();
    assertThat(result.timeline().stream().mapToLong(LoadResult.Moment::completed).sum())
        .isEqualTo(result.completed());
  }

  @Test
  void fillsEveryKeySoThatReadsFindSomething() {
    assertThat(run(Operation.READ, 3, 0).errors()).isPositive();

    LoadResult filled = run(Operation.FILL, 3, 0);

    assertThat(filled.completed()).isEqualTo(KEYS);
    assertThat(store.values).hasSize(KEYS).containsKeys("0000000000000000", "0000000000000049");
    assertThat(run(Operation.READ, 3, 0).errors()).isZero();
  }

  @Test
  void countsAReadOfAnotherSizeAsAnError() {
    run(Operation.FILL, 3, 0);
    store.values.replaceAll((key, value) -> new byte[7]);

    LoadResult result = run(Operation.READ, 3, 0);

    assertThat(result.completed()).isZero();
    assertThat(result.errors()).isPositive();
  }

  @Test
  void countsAReadOfAnotherKeysValueAsAnError() {
    run(Operation.FILL, 3, 0);
    byte[] first = store.values.get("0000000000000000");
    store.values.replaceAll((key, value) -> first);

    LoadResult result = run(Operation.READ, 3, 0);

    assertThat(result.completed()).isPositive();
    assertThat(result.errors()).isGreaterThan(result.completed());
  }

  @Test
  void countsWhatWasSentAgainInThisLoadAlone() {
    assertThat(run(Operation.WRITE, 3, 0).resent()).isOne();
    assertThat(run(Operation.WRITE, 3, 0).resent()).isOne();
  }

  @Test
  void countsTheWaitOfWhatCouldNotBeSentUntilTheEndOfAnOpenLoop() {
    store.stallUntil = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(400);

    LoadResult result = run(Operation.WRITE, 1, 1000);

    // A single answer came, after the end; 270 requests were due until then.
    assertThat(result.completed()).isZero();
    assertThat(result.p50()).isBetween(100_000.0, 200_000.0);
  }

  @Test
  void measuresFromTheIntendedTimeInAnOpenLoop() {
    store.stallUntil = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(200);

    LoadResult result = run(Operation.WRITE, 2, 500);

    // Two clients are stuck at first; what should have been sent meanwhile has waited as well.
    assertThat(result.p50()).isGreaterThan(20_000);
    assertThat(result.gaps()).hasSize(3).allMatch(gap -> gap >= 0);
  }
}
