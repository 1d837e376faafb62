package io.rabia.testing.linearizability;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** Writes down what clients do while they do it. Thread-safe. */
public final class History<I, O> {
  private final LongSupplier clock;
  private final List<Call> calls = new ArrayList<>();

  /** Times are {@link System#nanoTime}. */
  public History() {
    this(System::nanoTime);
  }

  /**
   * @param clock never goes back, for all clients
   */
  public History(LongSupplier clock) {
    this.clock = clock;
  }

  /** Called before the operation is sent. */
  public Call invoke(int client, I input) {
    synchronized (calls) {
      Call call = new Call(client, input, clock.getAsLong());
      calls.add(call);
      return call;
    }
  }

  /** Everything so far; what has not returned is of unknown outcome. */
  public List<Operation<I, O>> operations() {
    synchronized (calls) {
      return calls.stream().filter(call -> !call.refused).map(call -> call.operation).toList();
    }
  }

  /** An operation on its way; without a call of any method its outcome is unknown. */
  public final class Call {
    private Operation<I, O> operation;
    private boolean refused;

    private Call(int client, I input, long now) {
      operation = Operation.unknown(client, input, now);
    }

    /** Called once the output is there. */
    public void returned(O output) {
      synchronized (calls) {
        operation =
            Operation.completed(
                operation.client(),
                operation.input(),
                output,
                operation.invoked(),
                clock.getAsLong());
      }
    }

    /** It is certain that the operation never takes effect: it was refused. */
    public void refused() {
      synchronized (calls) {
        refused = true;
      }
    }
  }
}
