package io.rabia.benchmarks.port;

/**
 * What goes over the wire: a length (int), then for a request its number (long), an operation and
 * its content; for a reply the number, a status and its content. Content of a write: length of the
 * key (short), key, value; of a read: the key.
 */
public final class PortProtocol {
  public static final byte WRITE = 1;
  public static final byte READ = 2;

  /** Asks for the leader; always answered with {@link #NOT_LEADER}. */
  public static final byte LEADER = 3;

  /** Done; a read's content is the value, empty when there is none. */
  public static final byte OK = 0;

  /** The content is the index of the leader (int), or -1. */
  public static final byte NOT_LEADER = 1;

  /** Not done, or nobody knows; the content says why. */
  public static final byte FAILED = 2;

  /** Bytes of number and operation, or number and status. */
  public static final int HEADER = 9;

  public static final int MAX_FRAME = 1 << 20;

  private PortProtocol() {}
}
