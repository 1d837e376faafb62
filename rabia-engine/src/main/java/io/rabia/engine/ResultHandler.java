package io.rabia.engine;

import io.rabia.core.RabiaException;

/** Takes the outcome of a request, once; called on the engine's completion executor. */
public interface ResultHandler {

  void onResult(byte[] result);

  void onFailure(RabiaException failure);
}
