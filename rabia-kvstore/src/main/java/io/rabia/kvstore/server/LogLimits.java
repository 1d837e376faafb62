package io.rabia.kvstore.server;

/**
 * How large a server's log grows, and how far others that are away are waited for. Immutable.
 *
 * @param snapshotSlots slots after which a snapshot is taken
 * @param snapshotMb MiB of log after which one is taken
 * @param snapshotMinutes age of the last one after which one is taken of whatever is new
 * @param retainedSlots decisions kept in memory for members that are behind
 * @param retainedLogMb MiB of log up to which what a member that is away has not seen is kept
 * @param segmentMb MiB in a file of the log
 */
public record LogLimits(
    int snapshotSlots,
    int snapshotMb,
    int snapshotMinutes,
    int retainedSlots,
    int retainedLogMb,
    int segmentMb) {

  /** Those of the engine and the log. */
  public static LogLimits defaults() {
    return new LogLimits(1 << 14, 32, 60, 1 << 16, 1024, 64);
  }
}
