package io.rabia.engine;

import io.rabia.core.RabiaException;

/**
 * Takes the outcome of a request, once; called on the engine's completion executor. Of a request
 * that is refused at once (too large, overload, closed) it is told by the caller's own thread,
 * before the call that submits it returns.
 */
public interface ResultHandler {

  void onResult(byte[] result);

  void onFailure(RabiaException failure);
}
