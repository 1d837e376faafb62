package io.rabia.network.client;

/** Which server of its list a client asks for as long as that one is there. */
public enum ServerChoice {

  /**
   * Any, each client another one. The members share the work of the connections and of sending what
   * is proposed: for many connections, large values, many reads.
   */
  RANDOM,

  /**
   * The first. Clients with the same list meet at one member, whose batches are then fuller, so
   * that a command costs all members less; when it goes, they all go on at the next one. For
   * commands at a rate of which no member alone is the limit.
   */
  FIRST
}
