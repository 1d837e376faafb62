package io.rabia.network.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.DefaultEventLoop;
import io.rabia.core.RabiaException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CompletionsTest {
  private final DefaultEventLoop loop = new DefaultEventLoop();
  private final Completions completions = new Completions(loop);

  @AfterEach
  void end() {
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** Writes down what it is told, on the loop only. */
  private final class Notes implements Completions.Receiver {
    private final List<Long> tags = new ArrayList<>();
    private final List<String> ends = new ArrayList<>();
    private int flushes;
    private int flushed;
    private boolean elsewhere;

    @Override
    public void onResult(
        long tag, long bytes, byte @Nullable [] result, @Nullable Throwable failure) {
      elsewhere |= !loop.inEventLoop();
      tags.add(tag);
      ends.add(bytes + " " + (result == null ? String.valueOf(failure) : result[0]));
    }

    @Override
    public void onResultsComplete() {
      flushes++;
      flushed = tags.size();
    }
  }

  private void settle() {
    loop.submit(() -> {}).syncUninterruptibly();
  }

  @Test
  void handsOverResultsAndFailuresWithWhatTheReceiverWantsToKnow() {
    Notes notes = new Notes();
    RabiaException failure = new RabiaException.Closed("closed");
    completions.waiting(notes, 7, 100).accept(new byte[] {5}, null);
    completions.waiting(notes, 8, 200).accept(null, failure);
    settle();
    assertThat(notes.tags).containsExactly(7L, 8L);
    assertThat(notes.ends).containsExactly("100 5", "200 " + failure);
    assertThat(notes.flushed).isEqualTo(2);
    assertThat(notes.elsewhere).isFalse();
  }

  @Test
  void whatIsDoneMeanwhileArrivesTogetherAndInOrder() {
    CountDownLatch busy = new CountDownLatch(1);
    loop.execute(() -> awaitQuietly(busy));
    Notes one = new Notes();
    Notes other = new Notes();
    for (int tag = 0; tag < 100; tag++) {
      completions.waiting(tag < 50 ? one : other, tag, 0).accept(new byte[1], null);
    }
    busy.countDown();
    settle();
    assertThat(one.tags).isEqualTo(LongStream.range(0, 50).boxed().toList());
    assertThat(other.tags).isEqualTo(LongStream.range(50, 100).boxed().toList());
    assertThat(one.flushes).isEqualTo(1);
    assertThat(other.flushes).isEqualTo(1);
  }

  @Test
  void aReceiverThatFailsTakesNothingFromTheOthers() {
    CountDownLatch busy = new CountDownLatch(1);
    loop.execute(() -> awaitQuietly(busy));
    Notes notes = new Notes();
    completions.waiting(new Failing(), 1, 0).accept(new byte[1], null);
    completions.waiting(notes, 2, 0).accept(new byte[1], null);
    busy.countDown();
    settle();
    assertThat(notes.tags).containsExactly(2L);
    assertThat(notes.flushes).isEqualTo(1);
  }

  private static final class Failing implements Completions.Receiver {
    @Override
    public void onResult(
        long tag, long bytes, byte @Nullable [] result, @Nullable Throwable failure) {
      throw new IllegalStateException("the receiver's bug");
    }

    @Override
    public void onResultsComplete() {
      throw new IllegalStateException("the receiver's bug");
    }
  }

  @Test
  void whoTellsTwiceIsHeardOnce() {
    Notes notes = new Notes();
    BiConsumer<byte @Nullable [], @Nullable Throwable> waiting = completions.waiting(notes, 1, 0);
    waiting.accept(new byte[] {5}, null);
    waiting.accept(null, new IllegalStateException("again"));
    settle();
    assertThat(notes.ends).containsExactly("0 5");
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void ofManyThreadsEachArrivesOnceAndThoseOfAThreadInOrder() throws InterruptedException {
    int each = 20_000;
    Notes notes = new Notes();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    for (int thread = 0; thread < 4; thread++) {
      long first = (long) thread * each;
      threads.execute(
          () -> {
            for (long tag = first; tag < first + each; tag++) {
              completions.waiting(notes, tag, 0).accept(new byte[1], null);
            }
          });
    }
    threads.shutdown();
    assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    settle();
    assertThat(notes.tags).hasSize(4 * each).doesNotHaveDuplicates();
    assertThat(notes.flushed).isEqualTo(4 * each);
    for (int thread = 0; thread < 4; thread++) {
      long first = (long) thread * each;
      assertThat(notes.tags.stream().filter(tag -> tag >= first && tag < first + each)).isSorted();
    }
  }
}
