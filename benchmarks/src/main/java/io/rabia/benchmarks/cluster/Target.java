package io.rabia.benchmarks.cluster;

/**
 * A cluster as the load generator sees it, over as many connections as it has members. All methods
 * but {@link #execute} are called by the tasks given to {@code execute}, and outcomes arrive there.
 * It lasts as long as its process.
 */
public interface Target {

  /** How often a client has sent again that does not count it. */
  long UNCOUNTED = -1;

  /** Takes the end of a request, once. */
  interface Outcome {

    /**
     * @param value what a read found; of a write nothing
     */
    void succeeded(byte[] value);

    void failed(String why);
  }

  /** Runs a task on the one thread of this target. From any thread. */
  void execute(Runnable task);

  /**
   * @param client who asks; each has one request at a time
   */
  void write(int client, byte[] key, byte[] value, Outcome outcome);

  /** A linearizable read. */
  void read(int client, byte[] key, Outcome outcome);

  /** Server that a client asks first, where each serves; 0 where all ask the leader. */
  int home(int client);

  /** How many different homes there are. */
  int homes();

  /** How often a request was sent again since the start, or {@link #UNCOUNTED}. */
  long resent();

  /** Index of the leader, or -1 where there is none. */
  int leader();
}
