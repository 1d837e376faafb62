package io.rabia.kvstore.server.cli;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The load that {@code bench} makes. */
final class BenchOptions {
  private static final int MIN_JOURNALLED = 8;

  @Option(names = "--clients", defaultValue = "64", description = "requests outstanding in all")
  int clients;

  @Option(names = "--warmup", defaultValue = "5", description = "seconds before it counts")
  double warmupSeconds;

  @Option(names = "--seconds", defaultValue = "20", description = "seconds that count")
  double seconds;

  @Option(names = "--value-size", defaultValue = "16", description = "bytes")
  int valueSize;

  @Option(names = "--keys", defaultValue = "100000", description = "random keys out of so many")
  int keys;

  @Option(names = "--reads", defaultValue = "0.0", description = "share of reads, 0 to 1")
  double reads;

  @Option(
      names = "--rate",
      paramLabel = "N",
      description = "requests a second, sent at fixed times and measured from those")
  double rate;

  @Option(
      names = "--journal",
      paramLabel = "FILE",
      description = "append every acknowledged key and value, for check")
  @Nullable Path journal;

  /** What is wrong with it; null when nothing is. */
  @Nullable String invalid() {
    if (clients < 1 || clients > 65536) {
      return "--clients must be 1 to 65536";
    }
    if (warmupSeconds < 0 || seconds <= 0) {
      return "--warmup must be 0 or more, --seconds more than 0";
    }
    if (valueSize < 0 || keys < 1 || reads < 0 || reads > 1 || rate < 0) {
      return "--value-size and --rate must be 0 or more, --keys 1 or more, --reads 0 to 1";
    }
    if (journal != null && valueSize < MIN_JOURNALLED) {
      return "--journal tells values apart: --value-size must be at least " + MIN_JOURNALLED;
    }
    return journal != null && keys < clients
        ? "--journal gives each client keys of its own: --keys must be at least --clients"
        : null;
  }

  Duration warmup() {
    return Duration.ofNanos((long) (warmupSeconds * 1e9));
  }

  Duration measured() {
    return Duration.ofNanos((long) (seconds * 1e9));
  }
}
