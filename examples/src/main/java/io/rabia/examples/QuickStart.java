package io.rabia.examples;

import io.rabia.engine.EngineStatus;
import io.rabia.kvstore.KVStore;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * A cluster of three replicas over real TCP: writes and reads through each, kills one under load,
 * restarts it, and counts what was lost.
 */
final class QuickStart {
  private static final int NODES = 3;
  private static final int KILLED = 3;
  private static final int READS_AT_ONCE = 1000;

  private final PrintStream out;
  private final Duration phase;

  /**
   * @param phase how long the load lasts before the kill, and again until the restart
   */
  QuickStart(PrintStream out, Duration phase) {
    this.out = out;
    this.phase = phase;
  }

  void run() throws IOException, TimeoutException {
    long start = System.nanoTime();
    try (LocalCluster cluster = new LocalCluster(NODES)) {
      cluster.awaitServing();
      out.printf(Locale.ROOT, "Three replicas formed a cluster in %.0f ms.%n", millisSince(start));
      writeAndRead(cluster);
      List<Writer> writers = load(cluster);
      killAndRestart(cluster, writers);
      report(cluster, writers);
    }
  }

  private void writeAndRead(LocalCluster cluster) {
    for (int id = 1; id <= NODES; id++) {
      cluster.store(id).set("greeting-" + id, "hello from " + id);
      int other = id % NODES + 1;
      String read = cluster.store(other).get("greeting-" + id).orElse("nothing");
      out.printf(
          Locale.ROOT,
          "Written through replica %d, read through replica %d: %s%n",
          id,
          other,
          read);
      require(read.equals("hello from " + id), "a read must see the write before it");
    }
  }

  private List<Writer> load(LocalCluster cluster) {
    List<Writer> writers =
        List.of(
            new Writer("a", cluster.store(1)),
            new Writer("b", cluster.store(2)),
            new Writer("c", cluster.store(KILLED)));
    writers.forEach(Writer::start);
    LockSupport.parkNanos(phase.toNanos());
    return writers;
  }

  private void killAndRestart(LocalCluster cluster, List<Writer> writers) throws TimeoutException {
    EngineStatus before = cluster.status(1);
    out.printf(
        Locale.ROOT,
        "Under load: %,d slots, fast path ratio %.4f, %d forfeited.%n",
        before.slots(),
        before.fast(),
        before.forfeits());
    writers.forEach(Writer::resetGap);
    cluster.kill(KILLED);
    LockSupport.parkNanos(phase.toNanos());
    double pause = Math.max(writers.get(0).longestGapMillis(), writers.get(1).longestGapMillis());
    out.printf(
        Locale.ROOT,
        "Killed replica %d: the longest pause at the others was %.1f ms.%n",
        KILLED,
        pause);
    long restarted = System.nanoTime();
    cluster.start(KILLED);
    cluster.awaitServing();
    LocalCluster.await(
        "the restarted replica has caught up",
        () -> cluster.status(KILLED).applied() >= cluster.status(1).applied() - 64);
    out.printf(
        Locale.ROOT,
        "Restarted it: caught up after %.0f ms, under load all the while.%n",
        millisSince(restarted));
    writers.forEach(Writer::stop);
    LocalCluster.await("the writers stop", () -> writers.stream().allMatch(Writer::stopped));
  }

  private void report(LocalCluster cluster, List<Writer> writers) throws TimeoutException {
    int committed = 0;
    int lost = 0;
    KVStore store = cluster.store(KILLED);
    for (Writer writer : writers) {
      committed += writer.acknowledged().size();
      lost += missing(store, writer.acknowledged());
    }
    cluster.awaitEqual();
    EngineStatus status = cluster.status(1);
    out.printf(Locale.ROOT, "Operations committed: %,d%n", committed);
    out.printf(
        Locale.ROOT,
        "Operations lost: %d (every acknowledged one was read back from replica %d)%n",
        lost,
        KILLED);
    out.printf(Locale.ROOT, "Fast path ratio: %.4f%n", status.fast());
    out.printf(
        Locale.ROOT,
        "All replicas are equal at slot %d, hash %016x.%n",
        status.applied(),
        status.hash());
    require(lost == 0, "operations were lost");
    require(
        writers.get(0).failed() + writers.get(1).failed() == 0, "writes at live replicas failed");
  }

  private static int missing(KVStore store, Map<String, String> written) {
    int missing = 0;
    List<CompletableFuture<Boolean>> reads = new ArrayList<>();
    Iterator<Map.Entry<String, String>> entries = written.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<String, String> entry = entries.next();
      byte[] expected = Texts.utf8(entry.getValue());
      reads.add(
          store
              .getAsync(Texts.utf8(entry.getKey()))
              .thenApply(
                  found -> found.isPresent() && Arrays.equals(found.get().value(), expected)));
      if (reads.size() == READS_AT_ONCE || !entries.hasNext()) {
        missing += (int) reads.stream().filter(read -> !read.join()).count();
        reads.clear();
      }
    }
    return missing;
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }

  private static double millisSince(long start) {
    return (System.nanoTime() - start) / 1e6;
  }
}
