package io.rabia.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import io.netty.channel.ManualIoEventLoop;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LoopWaitsTest {
  private static final long LONG = TimeUnit.SECONDS.toNanos(10);

  /** Has work at the given look, and does not sleep when told to, but notes it. */
  private static final class Handler implements IoHandler {
    int looks;
    int sleeps;
    int workAt;

    @Override
    public int run(IoHandlerContext context) {
      sleeps += context.canBlock() ? 1 : 0;
      looks++;
      return looks == workAt ? 1 : 0;
    }

    @Override
    public void wakeup() {}

    @Override
    public IoRegistration register(IoHandle handle) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> type) {
      return false;
    }
  }

  private final Handler handler = new Handler();
  private final ManualIoEventLoop loop =
      new ManualIoEventLoop(Thread.currentThread(), executor -> handler);
  private final LoopWaits waits = new LoopWaits(loop);

  /** In some of the tries: what else runs on the machine may take more than the moment. */
  @Test
  void looksMoreThanOnceBeforeItSleeps() {
    boolean found = false;
    for (int i = 0; i < 1000 && !found; i++) {
      handler.looks = 0;
      handler.sleeps = 0;
      handler.workAt = 2;
      waits.forWork(LONG);
      found = handler.looks == 2 && handler.sleeps == 0;
    }
    assertThat(found).isTrue();
  }

  @Test
  void sleepsWhenItFindsNothing() {
    waits.forWork(LONG);
    assertThat(handler.sleeps).isEqualTo(1);
    assertThat(handler.looks).isGreaterThan(1);
  }

  @Test
  void aWakeupEndsOneWaitAndThatOneLooks() {
    waits.wakeup();
    waits.forWork(LONG);
    assertThat(handler.sleeps).isZero();
    assertThat(handler.looks).isEqualTo(1);
    waits.forWork(LONG);
    assertThat(handler.sleeps).isEqualTo(1);
  }

  @Test
  void whatMayNotWaitTakesNoWakeup() {
    waits.wakeup();
    waits.forWork(0);
    waits.forWork(LONG);
    assertThat(handler.sleeps).isZero();
  }
}
