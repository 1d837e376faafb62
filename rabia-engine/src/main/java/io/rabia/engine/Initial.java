package io.rabia.engine;

/** What it means that a node finds no history of its own. */
public enum Initial {
  /** The whole cluster starts for the first time; a node that meets history with its id refuses. */
  NEW,
  /** The cluster is there: this node joins it, or comes back to it without what it said before. */
  EXISTING
}
