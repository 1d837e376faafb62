package io.rabia.core;

import java.util.Locale;

/**
 * The identity of one cluster: a hash of its first configuration (INIT) and its name. Frames and
 * sessions of another cluster are refused. Immutable and thread-safe.
 */
public record ClusterId(long high, long low) {

  /** What a member states before it belongs to a cluster. */
  public static final ClusterId NONE = new ClusterId(0, 0);

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%016x%016x", high, low);
  }
}
