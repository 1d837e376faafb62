package io.rabia.core.statemachine;

import java.io.IOException;
import java.io.OutputStream;

/** A state that changes no more, whatever becomes of the machine it is of. Used by one thread. */
@FunctionalInterface
public interface StateView {

  /** Writes all of it, once. */
  void writeTo(OutputStream target) throws IOException;
}
