package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rabia.core.ClusterConfig;
import io.rabia.core.Command;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.core.statemachine.StateView;
import io.rabia.engine.EngineState;
import io.rabia.engine.RabiaConfig;
import io.rabia.engine.RabiaEngine;
import io.rabia.engine.ResultHandler;
import io.rabia.network.InMemoryNetwork;
import io.rabia.persistence.FilePersistence;
import io.rabia.persistence.FilePersistenceConfig;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * A running engine with a log on the disk and a million entries, that writes snapshots of them
 * while commands go on: how long no command is answered, and how much of the heap is taken. Entries
 * that are replaced as fast as one thread can are much to copy for a collector that stops the
 * world, with a snapshot and without one; what it stops is printed and counts for neither. One that
 * does not ({@code -DargLine=-XX:+UseZGC}) shows the same with nothing taken off.
 */
@Isolated
@Tag("long")
@Timeout(240)
final class SnapshotUnderLoadTest {
  private static final NodeId ALONE = NodeId.of(1);
  private static final int ENTRIES = 1_000_000;
  private static final int KEY = 16;
  private static final int VALUE = 100;
  private static final int OUTSTANDING = 8;
  private static final int ROUNDS = 5;
  private static final double MOST_MILLIS = 20;
  private static final double MOST_HEAP = 1.5;
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** Those that count pauses, not cycles beside the program. */
  private static final List<GarbageCollectorMXBean> COLLECTORS =
      ManagementFactory.getGarbageCollectorMXBeans().stream()
          .filter(collector -> !collector.getName().endsWith("Cycles"))
          .toList();

  @TempDir private Path directory;
  private final Watched machine = new Watched(new KvStateMachine(KVStoreConfig.defaults()));
  private RabiaEngine engine;
  private KVStore store;

  @BeforeEach
  void fill() {
    engine =
        RabiaEngine.builder()
            .nodeId(ALONE)
            .cluster(ClusterConfig.parse(ALONE + "=localhost:1"))
            .config(
                RabiaConfig.builder()
                    .snapshotInterval(Long.MAX_VALUE, Long.MAX_VALUE)
                    .snapshotEvery(Duration.ofDays(1))
                    .build())
            .stateMachine(machine)
            .transport(new InMemoryNetwork().transport(ALONE))
            .persistence(
                new FilePersistence(
                    directory, FilePersistenceConfig.builder().durability(Durability.OS).build()))
            .completionExecutor(Runnable::run)
            .build();
    engine.start();
    soon().until(() -> engine.status().join().state() == EngineState.SERVING);
    store = KVStore.on(engine, KVStoreConfig.defaults());
    List<KvCommand> sets = new ArrayList<>();
    for (int i = 0; i < ENTRIES; i++) {
      sets.add(set(i));
      if (sets.size() == 1000) {
        store.batch(sets);
        sets.clear();
      }
    }
    assertThat(store.size()).isEqualTo(ENTRIES);
  }

  @AfterEach
  void close() {
    store.close();
    engine.close();
  }

  private static ConditionFactory soon() {
    return await().atMost(PATIENCE).pollInterval(Duration.ofMillis(5));
  }

  private static KvCommand set(int key) {
    byte[] name = new byte[KEY];
    ByteBuffer.wrap(name).putLong(8, key);
    return new KvCommand.Set(name, new byte[VALUE]);
  }

  /** The state machine, and a look at the heap while a view of it is written. */
  private static final class Watched implements StateMachine {
    private final KvStateMachine machine;
    private volatile boolean looking;
    private volatile long peak;
    private volatile long written;

    Watched(KvStateMachine machine) {
      this.machine = machine;
    }

    @Override
    public byte[] apply(long slot, long logTime, ByteBuffer command) {
      return machine.apply(slot, logTime, command);
    }

    @Override
    public byte[] query(ByteBuffer query) {
      return machine.query(query);
    }

    @Override
    public void snapshot(OutputStream target) throws IOException {
      machine.snapshot(target);
    }

    @Override
    public StateView freeze() throws IOException {
      StateView view = machine.freeze();
      return target -> {
        Counted counted = new Counted(target);
        view.writeTo(counted);
        counted.flush();
        counted.look();
        written = counted.count;
      };
    }

    @Override
    public void restore(InputStream source) throws IOException {
      machine.restore(source);
    }

    @Override
    public long stateHash() {
      return machine.stateHash();
    }

    /** Looks at the heap after every quarter of what the last snapshot had. */
    private final class Counted extends FilterOutputStream {
      private long count;
      private long next = written / 4;

      Counted(OutputStream target) {
        super(target);
      }

      @Override
      public void write(int one) throws IOException {
        out.write(one);
        counted(1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        out.write(bytes, offset, length);
        counted(length);
      }

      private void counted(int length) {
        count += length;
        if (looking && count >= next) {
          next += written / 4;
          look();
        }
      }

      void look() {
        if (looking) {
          peak = Math.max(peak, liveHeap());
        }
      }
    }
  }

  private static long liveHeap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  /**
   * Of the answers: the longest time from one to the next; without what the collector stopped; and
   * of the engine's thread.
   */
  private static final class Gaps {
    private long lastTime;
    private long lastCollected;
    private long lastOfThread;
    private long longest;
    private long longestWithoutCollector;
    private long longestOfThread;
    private long count;

    synchronized void answered() {
      long now = System.nanoTime();
      long collected = collectedNanos();
      long ofThread = THREADS.getCurrentThreadCpuTime();
      if (count++ > 0) {
        long gap = now - lastTime;
        longest = Math.max(longest, gap);
        longestWithoutCollector =
            Math.max(longestWithoutCollector, gap - (collected - lastCollected));
        longestOfThread = Math.max(longestOfThread, ofThread - lastOfThread);
      }
      lastTime = now;
      lastCollected = collected;
      lastOfThread = ofThread;
    }

    private static long collectedNanos() {
      long millis = 0;
      for (int i = 0; i < COLLECTORS.size(); i++) {
        millis += COLLECTORS.get(i).getCollectionTime();
      }
      return millis * 1_000_000;
    }

    synchronized long count() {
      return count;
    }

    synchronized double longestMillis() {
      return longest / 1e6;
    }

    synchronized double longestWithoutCollectorMillis() {
      return longestWithoutCollector / 1e6;
    }

    synchronized double longestOfThreadMillis() {
      return longestOfThread / 1e6;
    }
  }

  /** Sets keys at random, some at a time, for as long as the test lasts; on the engine's thread. */
  private final class Load implements ResultHandler {
    private final SplittableRandom random = new SplittableRandom(1);
    private volatile Gaps gaps = new Gaps();
    private volatile boolean ended;
    private volatile RabiaException failure;

    void next() {
      engine.submit(Command.of(KvCodec.encode(set(random.nextInt(ENTRIES)))), this);
    }

    @Override
    public void onResult(byte[] result) {
      gaps.answered();
      if (!ended) {
        next();
      }
    }

    @Override
    public void onFailure(RabiaException reason) {
      failure = reason;
    }

    Gaps measure() {
      Gaps fresh = new Gaps();
      gaps = fresh;
      return fresh;
    }

    Gaps awaitAnswers(long count) {
      Gaps now = measure();
      soon().until(() -> failure != null || now.count() >= count);
      assertThat(failure).isNull();
      return now;
    }
  }

  private Load load() {
    Load load = new Load();
    for (int i = 0; i < OUTSTANDING; i++) {
      load.next();
    }
    return load;
  }

  @Test
  void aSnapshotNeitherStopsCommandsNorDoublesTheHeap() {
    Load load = load();
    try {
      long kept = RabiaConfig.defaults().retainedSlots() + 10_000L;
      soon().until(() -> load.failure != null || engine.status().join().slots() > kept);
      double shortest = Double.MAX_VALUE;
      for (int round = 0; round < ROUNDS; round++) {
        Gaps with = load.measure();
        engine.snapshot(PATIENCE).join();
        long commands = with.count();
        soon().until(() -> with.count() > commands + 1000);
        shortest = Math.min(shortest, with.longestMillis());
        Gaps without = load.awaitAnswers(commands);
        System.out.printf(
            "snapshot of %d entries, %d MiB: %d commands meanwhile; longest time without an answer"
                + " %.1f ms, %.1f of it not the collector's; without a snapshot %.1f and %.1f ms;"
                + " of the engine's thread %.1f ms%n",
            ENTRIES,
            machine.written >> 20,
            commands,
            with.longestMillis(),
            with.longestWithoutCollectorMillis(),
            without.longestMillis(),
            without.longestWithoutCollectorMillis(),
            with.longestOfThreadMillis());
        assertThat(commands).isGreaterThan(100);
        assertThat(with.longestWithoutCollectorMillis()).isLessThan(MOST_MILLIS);
        assertThat(with.longestOfThreadMillis()).isLessThan(MOST_MILLIS);
      }
      assertThat(shortest)
          .as("the longest time without an answer, where nothing else stopped the machine")
          .isLessThan(MOST_MILLIS);

      long before = Math.min(liveHeap(), liveHeap());
      machine.looking = true;
      engine.snapshot(PATIENCE).join();
      System.out.printf(
          "live heap before a snapshot %d MiB, at most while it is written %d MiB%n",
          before >> 20, machine.peak >> 20);
      assertThat(machine.peak).isGreaterThan(before / 2).isLessThan((long) (before * MOST_HEAP));
    } finally {
      load.ended = true;
    }
  }
}
