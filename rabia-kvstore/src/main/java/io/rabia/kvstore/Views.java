package io.rabia.kvstore;

import java.util.TreeSet;

/**
 * Which views of something are still read: what was there when one was taken stays as it is until
 * its end. Begun and asked about by one thread, ended by any.
 */
final class Views {
  private final TreeSet<Integer> open = new TreeSet<>();
  private int taken;

  /** Number of the newest that is still read; 0: there is none. */
  private volatile int newest;

  /** So many were taken so far. */
  int taken() {
    return taken;
  }

  /** Returns the number of a new one. */
  synchronized int begin() {
    taken++;
    open.add(taken);
    newest = taken;
    return taken;
  }

  /** The one with that number is read no more. */
  synchronized void end(int number) {
    open.remove(number);
    newest = open.isEmpty() ? 0 : open.last();
  }

  /** May what was made when so many had been taken be read by a later one? */
  boolean mayRead(int takenBefore) {
    return takenBefore < newest;
  }
}
