package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.Command;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.core.batching.BatchConfig;
import io.rabia.core.memory.MemoryPool;
import io.rabia.core.memory.PoolConfig;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node on its own thread; one member, so that nobody else is needed. */
@Timeout(60)
class RabiaEngineTest {
  private final Journal machine = new Journal();
  private final LonelyTransport transport = new LonelyTransport();
  private final MemoryLog log = new MemoryLog();
  private final MemoryPool pool =
      new MemoryPool(PoolConfig.builder().sizeClass(1 << 16, 8).leakDetection(true).build());
  private final List<RabiaEngine> engines = new ArrayList<>();

  private RabiaEngine.Builder builder() {
    return RabiaEngine.builder()
        .nodeId(NodeId.of(1))
        .cluster(ClusterConfig.parse("1=host:1"))
        .stateMachine(machine)
        .transport(transport)
        .persistence(log)
        .memoryPool(pool);
  }

  private RabiaEngine engine(RabiaEngine.Builder builder) {
    RabiaEngine engine = builder.build();
    engines.add(engine);
    return engine;
  }

  private RabiaEngine started() {
    RabiaEngine engine = engine(builder());
    engine.start();
    return engine;
  }

  @AfterEach
  void closeAll() {
    engines.forEach(RabiaEngine::close);
    assertThat(pool.statistics().inUse()).as("buffers kept").isZero();
  }

  private static String text(CompletableFuture<byte[]> future) {
    return new String(future.orTimeout(10, TimeUnit.SECONDS).join(), StandardCharsets.UTF_8);
  }

  private static Throwable failureOf(CompletableFuture<?> future) {
    return future
        .handle((result, failure) -> failure)
        .orTimeout(10, TimeUnit.SECONDS)
        .thenApply(f -> f instanceof CompletionException e ? e.getCause() : f)
        .join();
  }

  @Test
  void executesCommandsAndReads() {
    RabiaEngine engine = started();
    assertThat(text(engine.submit(Command.of("a")))).isEqualTo("a@1");
    assertThat(text(engine.submit(Command.of("b"), Duration.ofSeconds(1)))).isEqualTo("b@2");
    assertThat(text(engine.read(new byte[0], ReadConsistency.LINEARIZABLE))).isEqualTo("a b");
    assertThat(text(engine.read(new byte[0], ReadConsistency.LOCAL))).isEqualTo("a b");
    long session = engine.openSession(Duration.ofSeconds(1)).join();
    Command numbered = new Command(session, 1, 1, "c".getBytes(StandardCharsets.UTF_8));
    assertThat(text(engine.submit(numbered))).isEqualTo("c@3");
    assertThat(text(engine.submit(numbered))).isEqualTo("c@3");
    engine.closeSession(session, Duration.ofSeconds(1)).join();
    assertThat(engine.submit(numbered))
        .failsWithin(Duration.ofSeconds(1))
        .withThrowableThat()
        .withCauseInstanceOf(RabiaException.SessionClosed.class);
    assertThat(engine.id()).isEqualTo(NodeId.of(1));
    assertThat(engine.clusterId()).isNotEqualTo(ClusterId.NONE);
  }

  private static ResultHandler handler(Runnable onResult) {
    return new ResultHandler() {
      @Override
      public void onResult(byte[] result) {
        onResult.run();
      }

      @Override
      public void onFailure(RabiaException failure) {
        throw failure;
      }
    };
  }

  @Test
  void whoWantsNoFutureIsToldTheSame() {
    RabiaEngine engine = started();
    CompletableFuture<String> told = new CompletableFuture<>();
    engine.submit(
        Command.of("a"),
        Duration.ofSeconds(10),
        (result, failure) ->
            told.complete(Thread.currentThread().getName() + " " + text(result) + " " + failure));
    assertThat(told.orTimeout(10, TimeUnit.SECONDS).join()).isEqualTo("rabia-1-callback a@1 null");
    engine.close();
    CompletableFuture<Throwable> failed = new CompletableFuture<>();
    engine.submit(
        Command.of("b"), Duration.ofSeconds(10), (result, failure) -> failed.complete(failure));
    assertThat(failed.join()).isInstanceOf(RabiaException.Closed.class);
  }

  private static String text(byte @Nullable [] result) {
    return result == null ? "nothing" : new String(result, StandardCharsets.UTF_8);
  }

  @Test
  void answersArriveOnAThreadOfTheirOwn() {
    RabiaEngine engine = started();
    CompletableFuture<String> thread = new CompletableFuture<>();
    engine.submit(
        Command.of("a"), handler(() -> thread.complete(Thread.currentThread().getName())));
    assertThat(thread.orTimeout(10, TimeUnit.SECONDS).join()).isEqualTo("rabia-1-callback");
  }

  @Test
  void answersArriveOnTheExecutorThatWasGivenWhileTheEngineGoesOn() throws InterruptedException {
    ExecutorService executor = Executors.newSingleThreadExecutor(task -> new Thread(task, "mine"));
    try {
      RabiaEngine engine = engine(builder().completionExecutor(executor));
      engine.start();
      CountDownLatch blocked = new CountDownLatch(1);
      CountDownLatch release = new CountDownLatch(1);
      CompletableFuture<String> first = new CompletableFuture<>();
      engine.submit(
          Command.of("a"),
          handler(
              () -> {
                blocked.countDown();
                awaitQuietly(release);
                first.complete(Thread.currentThread().getName());
              }));
      blocked.await();
      engine.submit(Command.of("b"));
      Awaitility.await().until(() -> machine.size() == 2);
      release.countDown();
      assertThat(first.join()).isEqualTo("mine");
    } finally {
      executor.shutdown();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aCancelledFutureStopsWaitingAndNotTheCommand() {
    RabiaEngine engine = started();
    text(engine.submit(Command.of("a")));
    log.manual();
    CompletableFuture<byte[]> cancelled = engine.submit(Command.of("b"));
    cancelled.cancel(false);
    assertThat(cancelled).isCancelled();
    Awaitility.await().until(() -> log.unforced() > 0);
    log.automatic();
    transport.wakeup();
    Awaitility.await().until(() -> machine.size() == 2);
    Awaitility.await().until(() -> engine.status().join().pending() == 0);
  }

  @Test
  void aCommandThatNoBatchHoldsIsRefusedAtOnce() {
    RabiaEngine engine =
        engine(
            builder()
                .config(
                    RabiaConfig.builder()
                        .batching(BatchConfig.builder().maxBatchBytes(1000).build())
                        .build()));
    engine.start();
    assertThat(failureOf(engine.submit(Command.of(new byte[936]))))
        .isInstanceOf(RabiaException.Validation.class);
    assertThat(engine.submit(Command.of(new byte[935])).orTimeout(10, TimeUnit.SECONDS).join())
        .isNotEmpty();
  }

  @Test
  void closingFinishesWhatIsOutstandingAndTakesInNothingMore() {
    RabiaEngine engine = started();
    List<CompletableFuture<byte[]>> outstanding = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      outstanding.add(engine.submit(Command.of("c" + i)));
    }
    engine.close();
    assertThat(outstanding).allSatisfy(future -> assertThat(text(future)).contains("@"));
    assertThat(failureOf(engine.submit(Command.of("late"))))
        .isInstanceOf(RabiaException.Closed.class);
    assertThat(transport.closed).isTrue();
    assertThat(engine.failure()).isEmpty();
    assertThat(engine.status().join().state()).isEqualTo(EngineState.STOPPED);
    assertThat(engine.stopped()).isCompleted();
  }

  @Test
  void abortingLeavesTheOutcomeOfWhatWaitsUnknown() {
    RabiaEngine engine = started();
    text(engine.submit(Command.of("a")));
    log.manual();
    CompletableFuture<byte[]> waiting = engine.submit(Command.of("b"));
    Awaitility.await().until(() -> log.unforced() > 0);
    engine.abort();
    assertThat(failureOf(waiting)).isInstanceOf(RabiaException.Closed.class);
  }

  @Test
  void everyRequestIsAnsweredWhateverTheMomentOfTheClose() throws InterruptedException {
    for (int round = 0; round < 50; round++) {
      RabiaEngine engine =
          engine(
              builder()
                  .stateMachine(new Journal())
                  .transport(new LonelyTransport())
                  .persistence(new MemoryLog()));
      engine.start();
      List<CompletableFuture<byte[]>> futures = Collections.synchronizedList(new ArrayList<>());
      Thread caller = new Thread(() -> submitUntilClosed(engine, futures), "caller");
      caller.start();
      while (futures.size() < 5) {
        Thread.onSpinWait();
      }
      engine.abort();
      caller.join();
      futures.forEach(future -> failureOf(future));
    }
  }

  private static void submitUntilClosed(
      RabiaEngine engine, List<CompletableFuture<byte[]>> futures) {
    CompletableFuture<byte[]> last;
    do {
      last = engine.submit(Command.of("x"));
      futures.add(last);
    } while (!last.isCompletedExceptionally());
  }

  @Test
  void oneThatWasNeverStartedGivesItsPartsFreeAndAnswers() {
    RabiaEngine engine = engine(builder());
    CompletableFuture<byte[]> waiting = engine.submit(Command.of("a"));
    engine.close();
    assertThat(failureOf(waiting)).isInstanceOf(RabiaException.Closed.class);
    assertThat(transport.closed).isTrue();
    assertThat(engine.stopped()).isCompleted();
  }

  @Test
  void aFailingDiskStopsTheNodeWithATypedError() {
    RabiaEngine engine = started();
    text(engine.submit(Command.of("a")));
    log.breakDown();
    CompletableFuture<byte[]> waiting = engine.submit(Command.of("b"));
    assertThat(failureOf(waiting)).isInstanceOf(RabiaException.Closed.class);
    engine.stopped().orTimeout(10, TimeUnit.SECONDS).join();
    assertThat(engine.failure())
        .hasValueSatisfying(f -> assertThat(f).isInstanceOf(RabiaException.Storage.class));
    assertThat(engine.status().join().state()).isEqualTo(EngineState.DEGRADED);
    assertThat(engine.status().join().reason()).isEqualTo("no_space_left");
    assertThat(transport.closed).isTrue();
    assertThat(failureOf(engine.submit(Command.of("c")))).isInstanceOf(RabiaException.Closed.class);
  }

  @Test
  void aStartThatFailsSaysWhyAndGivesEverythingFree() {
    log.breakDown();
    RabiaEngine engine = engine(builder());
    CompletableFuture<byte[]> waiting = engine.submit(Command.of("a"));
    assertThatExceptionOfType(RabiaException.Storage.class).isThrownBy(engine::start);
    assertThat(failureOf(waiting)).isInstanceOf(RabiaException.Closed.class);
    assertThat(transport.closed).isTrue();
  }

  @Test
  void aFullInboxIsNoReasonToTellAnOldStatus() {
    RabiaEngine engine = engine(builder().config(RabiaConfig.builder().inboxCapacity(16).build()));
    for (int i = 0; i < 16; i++) {
      engine.submit(Command.of("x"));
    }
    assertThat(failureOf(engine.submit(Command.of("x"))))
        .isInstanceOf(RabiaException.Overload.class);
    assertThat(failureOf(engine.status())).isInstanceOf(RabiaException.Overload.class);
    engine.start();
    Awaitility.await().until(() -> machine.size() == 16);
    assertThat(engine.status().join().applied()).isPositive();
  }

  @Test
  void aHandlerOnTheEnginesThreadMayCloseIt() {
    RabiaEngine engine = engine(builder().completionExecutor(Runnable::run));
    engine.start();
    engine.submit(Command.of("a")).thenRun(engine::close);
    engine.stopped().orTimeout(10, TimeUnit.SECONDS).join();
    assertThat(transport.closed).isTrue();
    assertThatExceptionOfType(RabiaException.Closed.class).isThrownBy(engine::start);
  }

  @Test
  void aTimeoutWithoutEndIsOne() {
    RabiaEngine engine = started();
    Duration endless = Duration.ofSeconds(Long.MAX_VALUE);
    assertThat(text(engine.submit(Command.of("a"), endless))).isEqualTo("a@1");
    assertThat(text(engine.read(new byte[0], ReadConsistency.LINEARIZABLE, endless)))
        .isEqualTo("a");
  }

  @Test
  void anIdleNodeSleeps() {
    RabiaEngine engine = started();
    text(engine.submit(Command.of("a")));
    Awaitility.await().until(() -> engine.status().join().pending() == 0);
    int before = transport.polls.get();
    Awaitility.await()
        .pollDelay(Duration.ofMillis(500))
        .until(() -> transport.polls.get() >= before);
    assertThat(transport.polls.get() - before).isLessThan(10);
  }

  @Test
  void aMemberOfAnotherClusterCannotBeBuilt() {
    assertThatExceptionOfType(RabiaException.Validation.class)
        .isThrownBy(() -> builder().nodeId(NodeId.of(2)).build());
    assertThatExceptionOfType(NullPointerException.class)
        .isThrownBy(() -> RabiaEngine.builder().nodeId(NodeId.of(1)).build());
  }

  @Test
  void aWindowOfItsOwnBeyondTheClustersIsRefused() {
    ClusterConfig small = ClusterConfig.builder().members("1=host:1").alpha(8).build();
    builder().cluster(small).config(RabiaConfig.builder().ownWindow(8).build()).build();
    assertThatExceptionOfType(RabiaException.Validation.class)
        .isThrownBy(
            () ->
                builder()
                    .cluster(small)
                    .config(RabiaConfig.builder().ownWindow(9).build())
                    .build());
  }
}
