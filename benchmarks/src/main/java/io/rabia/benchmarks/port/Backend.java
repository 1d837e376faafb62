package io.rabia.benchmarks.port;

/** The member of a cluster behind a {@link PeerPort}. Called by the port's threads. */
public interface Backend {

  /** Takes the outcome of a request, once, on any thread. */
  interface Reply {

    void done(byte[] result);

    /** The leader is another one, or unknown: -1. */
    void notLeader(int leader);

    void failed(String why);
  }

  /** Replicates a write and applies it; the command is kept as it is. */
  void write(byte[] command, Reply reply);

  /** A linearizable read. */
  void read(byte[] key, Reply reply);

  /** Index of the leader in the list of members as far as it is known, or -1. */
  int leader();
}
