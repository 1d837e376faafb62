package io.rabia.benchmarks;

import com.sun.management.ThreadMXBean;
import io.rabia.benchmarks.port.EndOfInput;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;

/**
 * The protocol alone in a process of its own, without a harness: the median time of a slot at all
 * three replicas, and what this thread allocates for it at each. Prints {@code core nanos=N
 * bytes=N}. Needs {@code -Xmx2g}.
 */
public final class ProtocolCoreNode {
  private static final int SLOTS = 30_000;
  private static final int WARM = 30;
  private static final int MEASURED = 31;
  private static final int PAYLOAD_BYTES = 16;
  private static final int REPLICAS = 3;

  private ProtocolCoreNode() {}

  public static void main(String[] arguments) {
    EndOfInput.endsProcess();
    ReplicaRing ring = new ReplicaRing((WARM + MEASURED) * SLOTS, PAYLOAD_BYTES);
    for (int i = 0; i < WARM; i++) {
      ring.decide(SLOTS);
    }
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long[] nanos = new long[MEASURED];
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < MEASURED; i++) {
      long begin = System.nanoTime();
      ring.decide(SLOTS);
      nanos[i] = System.nanoTime() - begin;
    }
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    ring.verify();
    Arrays.sort(nanos);
    System.out.println(
        String.format(
            Locale.ROOT,
            "core nanos=%.1f bytes=%.3f",
            nanos[MEASURED / 2] / (double) SLOTS,
            bytes / (double) MEASURED / SLOTS / REPLICAS));
    System.out.flush();
  }
}
