package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.rabia.core.InvariantViolation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class InboxTest {
  private static final int CAPACITY = 16;

  private final AtomicInteger wakeups = new AtomicInteger();
  private final Inbox inbox = new Inbox(CAPACITY, wakeups::incrementAndGet);

  private static Request request() {
    return Request.openSession(1, new Answer());
  }

  @Test
  void refusesWhatIsOverItsBoundAndLosesNothing() {
    List<Request> taken = new ArrayList<>();
    Request next = request();
    while (inbox.offer(next)) {
      taken.add(next);
      next = request();
    }
    assertThat(taken).hasSize(CAPACITY);
    List<Request> drained = new ArrayList<>();
    assertThat(inbox.drain(drained::add)).isEqualTo(CAPACITY);
    assertThat(drained).isEqualTo(taken);
    assertThat(inbox.isEmpty()).isTrue();
    assertThat(inbox.offer(next)).isTrue();
  }

  @Test
  void takesNothingInOnceItIsClosedAndGivesOutWhatIsIn() {
    Request last = request();
    inbox.offer(last);
    inbox.close();
    assertThat(inbox.isClosed()).isTrue();
    assertThat(inbox.offer(request())).isFalse();
    assertThat(inbox.pollClosed()).isSameAs(last);
    assertThat(inbox.pollClosed()).isNull();
  }

  @Test
  void onlyTheEngineEmptiesAnOpenInbox() {
    assertThatExceptionOfType(InvariantViolation.class).isThrownBy(inbox::pollClosed);
  }

  @Test
  void wakesTheEngineOnlyWhenItSleeps() {
    inbox.offer(request());
    assertThat(wakeups.get()).isZero();
    inbox.drain(request -> {});
    assertThat(inbox.maySleep()).isTrue();
    inbox.offer(request());
    inbox.offer(request());
    assertThat(wakeups.get()).as("once a sleep").isEqualTo(1);
    inbox.awake();
    inbox.offer(request());
    assertThat(wakeups.get()).isEqualTo(1);
  }

  @Test
  void theEngineDoesNotSleepOverARequest() {
    inbox.offer(request());
    assertThat(inbox.maySleep()).isFalse();
    inbox.offer(request());
    assertThat(wakeups.get()).isZero();
  }

  @Test
  void everyRequestOfManyThreadsComesOutOnce() throws InterruptedException {
    int threads = 2;
    int each = 3_000;
    CountDownLatch running = new CountDownLatch(threads);
    for (int t = 0; t < threads; t++) {
      Thread caller =
          new Thread(
              () -> {
                for (int i = 0; i < each; i++) {
                  Request request = Request.statusAt(i, 1, new CompletableFuture<>());
                  while (!inbox.offer(request)) {
                    Thread.onSpinWait();
                  }
                }
                running.countDown();
              },
              "caller-" + t);
      caller.setDaemon(true);
      caller.start();
    }
    AtomicInteger drained = new AtomicInteger();
    long[] sum = {0};
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (drained.get() < threads * each && System.nanoTime() - deadline < 0) {
      inbox.drain(
          request -> {
            drained.incrementAndGet();
            sum[0] += request.question().slot();
          });
      Thread.onSpinWait();
    }
    running.await();
    assertThat(drained.get()).isEqualTo(threads * each);
    assertThat(sum[0]).isEqualTo(threads * (each * (each - 1L) / 2));
  }
}
