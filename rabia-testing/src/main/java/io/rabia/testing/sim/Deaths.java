package io.rabia.testing.sim;

/** Where a process may die, by throwing {@link SimCrash}. */
interface Deaths {
  Deaths NONE =
      new Deaths() {
        @Override
        public void beforeAction() {}

        @Override
        public void beforeForce() {}
      };

  /** Called before everything that a process does to the world. */
  void beforeAction();

  /** Called before what was written and not forced is forced. */
  void beforeForce();
}
