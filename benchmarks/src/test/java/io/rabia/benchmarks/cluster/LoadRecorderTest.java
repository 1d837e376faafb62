package io.rabia.benchmarks.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LoadRecorderTest {
  private static final long MICRO = 1_000;
  private static final long SECOND = 1_000_000_000;

  private final LoadRecorder recorder = new LoadRecorder(SECOND, 2 * SECOND, 2, true);

  @Test
  void takesPercentilesOfLatencies() {
    for (int i = 1; i <= 1000; i++) {
      recorder.completed(0, SECOND + i, i * MICRO);
    }

    LoadResult result = recorder.result(0);

    assertThat(result.p50()).isCloseTo(500, within(1.0));
    assertThat(result.p99()).isCloseTo(990, within(1.0));
    assertThat(result.p999()).isCloseTo(999, within(1.0));
    assertThat(result.max()).isCloseTo(1000, within(1.0));
    assertThat(result.opsPerSecond()).isEqualTo(1000);
  }

  @Test
  void countsTheTimeOfARequestThatFailed() {
    recorder.completed(0, SECOND + 1, 10 * MICRO);
    recorder.failed(SECOND + 2, 700_000 * MICRO);

    LoadResult result = recorder.result(0);

    assertThat(result.errors()).isOne();
    assertThat(result.completed()).isOne();
    assertThat(result.p99()).isCloseTo(700_000, within(700.0));
    assertThat(result.timeline().get(0).maxMicros()).isEqualTo(700_000);
  }

  @Test
  void leavesOutWhatCameBeforeTheWindow() {
    recorder.completed(0, SECOND - 1, 10 * MICRO);
    recorder.failed(SECOND - 1, 10 * MICRO);

    assertThat(recorder.result(0).errors() + recorder.result(0).completed()).isZero();
  }

  @Test
  void knowsTheLongestGapOfEachHomeUpToTheEnd() {
    recorder.completed(0, SECOND + SECOND / 2, MICRO);
    recorder.completed(1, 2 * SECOND - SECOND / 10, MICRO);

    assertThat(recorder.result(0).gaps()).containsExactly(500.0, 900.0);
  }
}
