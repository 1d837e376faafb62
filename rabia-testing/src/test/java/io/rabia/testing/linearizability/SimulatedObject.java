package io.rabia.testing.linearizability;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Makes histories that are linearizable by construction: clients that ask one thing after the other
 * of an object which answers at a random moment between invocation and return. Some outcomes are
 * lost; the operation then takes effect at any time later, or never.
 */
final class SimulatedObject<I, O> {
  private record Event(long at, Runnable action) {}

  private final Random random;
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::at));
  private final List<Operation<I, O>> history = new ArrayList<>();
  private final Function<Random, I> inputs;
  private final BiFunction<Random, I, O> object;
  private final double unknown;
  private final List<O> answers = new ArrayList<>();
  private int left;
  private long now;

  /**
   * @param object executes the input at once
   * @param unknown the share of operations whose outcome is lost
   */
  SimulatedObject(
      Random random, Function<Random, I> inputs, BiFunction<Random, I, O> object, double unknown) {
    this.random = random;
    this.inputs = inputs;
    this.object = object;
    this.unknown = unknown;
  }

  List<Operation<I, O>> run(int clients, int operations) {
    left = operations;
    for (int client = 1; client <= clients; client++) {
      int id = client;
      after(() -> invoke(id));
    }
    while (!events.isEmpty()) {
      Event event = events.remove();
      now = event.at();
      event.action().run();
    }
    return history;
  }

  private void after(Runnable action) {
    events.add(new Event(now + 1 + random.nextInt(1000), action));
  }

  private void invoke(int client) {
    if (left-- <= 0) {
      return;
    }
    I input = inputs.apply(random);
    long invoked = now;
    if (random.nextDouble() < unknown) {
      history.add(Operation.unknown(client, input, invoked));
      if (random.nextBoolean()) {
        long later = now + random.nextInt(20_000);
        events.add(new Event(later, () -> answers.add(object.apply(random, input))));
      }
      after(() -> invoke(client));
      return;
    }
    after(
        () -> {
          O output = object.apply(random, input);
          after(
              () -> {
                history.add(Operation.completed(client, input, output, invoked, now));
                after(() -> invoke(client));
              });
        });
  }
}
