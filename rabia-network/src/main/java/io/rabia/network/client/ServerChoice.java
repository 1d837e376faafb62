package io.rabia.network.client;

/** Which server of its list a {@link RabiaClient} asks for as long as that one is there. */
public enum ServerChoice {

  /**
   * One at random, chosen when the client is made. The members share the work of the connections
   * and of sending what is proposed: for many connections, large values, many reads.
   */
  RANDOM,

  /**
   * The first. Clients with the same list meet at one member, whose batches are then fuller, so
   * that a command costs all members less; when it goes, they all go on at the next one. What
   * {@link ClientConfig#maxInFlight} leaves no room for goes to the next one, too, and so does what
   * the first one is there for but refuses, one round trip later.
   */
  FIRST
}
