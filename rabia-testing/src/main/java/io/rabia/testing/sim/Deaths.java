package io.rabia.testing.sim;

import java.io.IOException;

/** Where a process may die, by throwing {@link SimCrash}, and where its disk may fail. */
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
}
