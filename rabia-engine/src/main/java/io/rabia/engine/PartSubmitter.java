package io.rabia.engine;

import io.rabia.core.ClusterId;
import io.rabia.core.Command;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The way to one part of a {@link CompositeStateMachine} and back. Thread-safe. */
record PartSubmitter(Submitter composite, byte[] part, byte @Nullable [] fence)
    implements Submitter {

  @Override
  public CompletableFuture<byte[]> submit(Command command, Duration timeout) {
    Command wrapped =
        new Command(
            command.session(),
            command.number(),
            command.lowestUnanswered(),
            CompositeStateMachine.envelope(part, fence, command.payload()));
    return composite.submit(wrapped, timeout).thenApply(PartSubmitter::unwrap);
  }

  @Override
  public CompletableFuture<byte[]> read(
      byte[] query, ReadConsistency consistency, Duration timeout) {
    return composite
        .read(CompositeStateMachine.envelope(part, null, query), consistency, timeout)
        .thenApply(PartSubmitter::unwrap);
  }

  private static byte[] unwrap(byte[] result) {
    if (result.length == 0) {
      throw new RabiaException.Serialization("no answer of a composite");
    }
    if (result[0] == CompositeStateMachine.REFUSED) {
      throw new RabiaException.Fenced("the token is not valid any more; not executed");
    }
    return Arrays.copyOfRange(result, 1, result.length);
  }

  @Override
  public CompletableFuture<Long> openSession(Duration timeout) {
    return composite.openSession(timeout);
  }

  @Override
  public CompletableFuture<Void> closeSession(long session, Duration timeout) {
    return composite.closeSession(session, timeout);
  }

  @Override
  public ClusterId clusterId() {
    return composite.clusterId();
  }
}
