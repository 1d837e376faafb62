package io.rabia.kvstore.server;

import io.rabia.core.RabiaException;
import io.rabia.engine.OpenBackup;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The snapshots that operators copy at the moment: a few, read by a thread of their own, and closed
 * when nobody reads on. Thread-safe.
 */
final class OpenBackups implements AutoCloseable {
  private static final int MAX_OPEN = 4;
  private static final long IDLE_SECONDS = 30;

  /** One that is copied. */
  private static final class Copied {
    final OpenBackup backup;
    long usedAt = System.nanoTime();

    Copied(OpenBackup backup) {
      this.backup = backup;
    }
  }

  private final ScheduledThreadPoolExecutor thread;
  private final Map<Long, Copied> open = new HashMap<>();
  private long lastId;

  OpenBackups(int nodeId) {
    thread =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread created = new Thread(task, "rabia-" + nodeId + "-backup");
              created.setDaemon(true);
              return created;
            });
    thread.scheduleWithFixedDelay(this::closeIdle, IDLE_SECONDS, IDLE_SECONDS, TimeUnit.SECONDS);
  }

  /** Takes one over; completes with its number. */
  CompletableFuture<Long> add(OpenBackup backup) {
    return run(
        () -> {
          if (open.size() >= MAX_OPEN) {
            backup.close();
            throw new RabiaException.Overload(open.size() + " backups are being taken");
          }
          open.put(++lastId, new Copied(backup));
          return lastId;
        });
  }

  /** Content from a position on; shorter than {@code length} only at its end. */
  CompletableFuture<byte[]> read(long id, long position, int length) {
    return run(
        () -> {
          Copied copied = open.get(id);
          if (copied == null) {
            throw new RabiaException.Validation("there is no open backup " + id);
          }
          copied.usedAt = System.nanoTime();
          ByteBuffer target = ByteBuffer.allocate(length);
          copied.backup.read(position, target);
          return Arrays.copyOf(target.array(), target.position());
        });
  }

  private void closeIdle() {
    long now = System.nanoTime();
    open.values()
        .removeIf(
            copied -> {
              boolean idle = now - copied.usedAt >= TimeUnit.SECONDS.toNanos(IDLE_SECONDS);
              if (idle) {
                copied.backup.close();
              }
              return idle;
            });
  }

  private <T> CompletableFuture<T> run(Supplier<T> task) {
    try {
      return CompletableFuture.supplyAsync(task, thread);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(new RabiaException.Closed("the server is closing"));
    }
  }

  @Override
  public void close() {
    thread.execute(
        () -> {
          open.values().forEach(copied -> copied.backup.close());
          open.clear();
        });
    thread.shutdown();
  }
}
