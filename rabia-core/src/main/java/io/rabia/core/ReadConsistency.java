package io.rabia.core;

/** What a read may return. */
public enum ReadConsistency {
  /** The newest answered value, by a barrier over a quorum; adds nothing to the log. */
  LINEARIZABLE,
  /** What this replica has applied: possibly stale, never wrong. */
  LOCAL
}
