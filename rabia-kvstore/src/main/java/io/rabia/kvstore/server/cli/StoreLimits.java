package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.KVStoreConfig;
import picocli.CommandLine.Option;

/** The limits of the servers' stores: they are part of the state that a backup is held against. */
final class StoreLimits {
  private final KVStoreConfig defaults = KVStoreConfig.defaults();

  @Option(names = "--max-entries", paramLabel = "N", description = "as at the servers")
  private int maxEntries = defaults.maxEntries();

  @Option(names = "--max-memory-mb", paramLabel = "N", description = "as at the servers")
  private int maxMemoryMb = defaults.maxMemoryMb();

  @Option(names = "--max-key-size", paramLabel = "N", description = "as at the servers")
  private int maxKeySize = defaults.maxKeySize();

  @Option(names = "--max-value-size", paramLabel = "N", description = "as at the servers")
  private int maxValueSize = defaults.maxValueSize();

  @Option(names = "--history-events", paramLabel = "N", description = "as at the servers")
  private int historyEvents = defaults.historyEvents();

  @Option(names = "--history-mb", paramLabel = "N", description = "as at the servers")
  private int historyMb = defaults.historyMb();

  KVStoreConfig config() {
    return KVStoreConfig.builder()
        .history(historyEvents, historyMb)
        .maxEntries(maxEntries)
        .maxMemoryMb(maxMemoryMb)
        .maxKeySize(maxKeySize)
        .maxValueSize(maxValueSize)
        .build();
  }
}
