package io.rabia.testing.sim;

import java.io.IOException;

/**
 * Where a process may die, by throwing {@link SimCrash}, where its disk may fail, and where it
 * waits for it. Nothing happens by itself.
 */
interface Deaths {
  Deaths NONE = new Deaths() {};

  /** Called before everything that a process does to the world. */
  default void beforeAction() {}

  /**
   * Called before what was written and not forced is forced.
   *
   * @throws IOException when the disk fails to
   */
  default void beforeForce() throws IOException {}

  /** How many of so many bytes the disk takes. */
  default int taken(int length) {
    return length;
  }

  /** Called when it took less. */
  default void cutShort() throws IOException {}

  /** Called when the process waits for its disk so long. */
  default void waits(long nanos) {}
}
