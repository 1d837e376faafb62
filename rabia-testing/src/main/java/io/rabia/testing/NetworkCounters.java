package io.rabia.testing;

import java.util.concurrent.atomic.LongAdder;

/** What happened to frames, and how often the members were split. Thread-safe. */
final class NetworkCounters {
  final LongAdder carried = new LongAdder();
  final LongAdder lost = new LongAdder();
  final LongAdder duplicated = new LongAdder();
  final LongAdder reordered = new LongAdder();
  final LongAdder delayed = new LongAdder();
  final LongAdder blocked = new LongAdder();
  final LongAdder partitions = new LongAdder();

  NetworkSimulator.Statistics snapshot() {
    return new NetworkSimulator.Statistics(
        carried.sum(),
        lost.sum(),
        duplicated.sum(),
        reordered.sum(),
        delayed.sum(),
        blocked.sum(),
        partitions.sum());
  }
}
