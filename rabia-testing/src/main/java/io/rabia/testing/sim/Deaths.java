package io.rabia.testing.sim;

import java.io.IOException;

/**
 * Where a process may die, by throwing {@link SimCrash}, where its disk may fail, and where it
 * waits for it.
 */
interface Deaths {
  Deaths NONE =
      new Deaths() {
        @Override
        public void beforeAction() {}

        @Override
        public void beforeForce() {}

        @Override
        public int taken(int length) {
          return length;
        }

        @Override
        public void cutShort() {}

        @Override
        public void waits(long nanos) {}
      };

  /** Called before everything that a process does to the world. */
  void beforeAction();

  /**
   * Called before what was written and not forced is forced.
   *
   * @throws IOException when the disk fails to
   */
  void beforeForce() throws IOException;

  /** How many of so many bytes the disk takes. */
  int taken(int length);

  /** Called when it took less. */
  void cutShort() throws IOException;

  /** Called when the process waits for its disk so long. */
  void waits(long nanos);
}
