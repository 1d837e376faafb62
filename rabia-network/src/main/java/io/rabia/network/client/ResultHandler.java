package io.rabia.network.client;

import io.rabia.core.RabiaException;
import org.jspecify.annotations.Nullable;

/**
 * Takes the end of a request, on the client's event loop: exactly one of the arguments is there.
 * Must not block.
 */
@FunctionalInterface
public interface ResultHandler {
  void onResult(byte @Nullable [] result, @Nullable RabiaException failure);
}
