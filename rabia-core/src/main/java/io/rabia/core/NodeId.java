package io.rabia.core;

/**
 * The name of a member for people: a positive number, unique in a configuration. Immutable and
 * thread-safe.
 *
 * @param value 1 to 65535
 */
public record NodeId(int value) implements Comparable<NodeId> {

  public NodeId {
    if (value < 1 || value > 0xFFFF) {
      throw new IllegalArgumentException("node id must be 1 to 65535: " + value);
    }
  }

  public static NodeId of(int value) {
    return new NodeId(value);
  }

  @Override
  public int compareTo(NodeId other) {
    return Integer.compare(value, other.value);
  }

  @Override
  public String toString() {
    return Integer.toString(value);
  }
}
