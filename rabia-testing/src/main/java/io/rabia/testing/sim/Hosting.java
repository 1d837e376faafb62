package io.rabia.testing.sim;

import io.rabia.core.ClusterId;
import io.rabia.core.Command;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.engine.ResultHandler;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The guest of a run, if it has one, in all processes. One thread. */
final class Hosting {
  private static final long STEP = 20 * SimClock.MILLI;
  private static final long LIMIT = 30 * SimClock.SECOND;

  private final Simulation world;
  private final @Nullable Guest guest;
  private final Map<Integer, StateMachine> machines = new HashMap<>();
  private boolean over;

  Hosting(Simulation world, @Nullable Guest guest) {
    this.world = world;
    this.guest = guest;
  }

  /** The state machine of a process that starts. */
  StateMachine beside(RegisterMachine registers, int node) {
    if (guest == null) {
      return registers;
    }
    StateMachine machine = guest.machine(node);
    machines.put(node, machine);
    return new Hosted(registers, machine);
  }

  void begins(SimNode node, LongSupplier monotonic) {
    StateMachine machine = machines.get(node.index());
    if (guest != null && machine != null) {
      guest.begins(node.index(), new Way(node, node.life(), machine), monotonic);
      stepLater(guest, node, node.life());
    }
  }

  private void stepLater(Guest present, SimNode node, int life) {
    world
        .clock()
        .after(
            STEP,
            () -> {
              if (over || !node.lives(life)) {
                return;
              }
              if (!node.isPaused()) {
                present.step(node.index());
                require();
              }
              stepLater(present, node, life);
            });
  }

  void ends(int node) {
    if (guest != null) {
      guest.ends(node);
    }
  }

  /** Everything has healed: the guest must do again what it is for. It does nothing afterwards. */
  void finish() {
    long next = world.clock().now();
    long limit = next + LIMIT;
    while (guest != null && world.violations().first() == null && !guest.isLive()) {
      next += STEP;
      if (next > limit) {
        world.violations().add("the guest does not go on 30 s after the last fault: " + guest);
      }
      world.run(next);
    }
    over = true;
  }

  /** Has the guest broken no promise? */
  void require() {
    String violation = guest == null ? null : guest.violation();
    if (violation != null) {
      world.violations().add(violation);
    }
  }

  /** To the guest's state machine, through one process. */
  private record Way(SimNode node, int life, StateMachine machine) implements Submitter {
    @Override
    public CompletableFuture<byte[]> submit(Command command, Duration timeout) {
      Command marked =
          new Command(
              command.session(),
              command.number(),
              command.lowestUnanswered(),
              Hosted.marked(command.payload()));
      return ask(answer -> node.submit(marked, timeout.toNanos(), answer));
    }

    @Override
    public CompletableFuture<byte[]> read(
        byte[] query, ReadConsistency consistency, Duration timeout) {
      if (consistency == ReadConsistency.LOCAL) {
        return CompletableFuture.completedFuture(machine.query(ByteBuffer.wrap(query)));
      }
      return ask(answer -> node.read(Hosted.marked(query), timeout.toNanos(), answer));
    }

    @Override
    public CompletableFuture<Long> openSession(Duration timeout) {
      return ask(answer -> node.openSession(timeout.toNanos(), answer))
          .thenApply(id -> ByteBuffer.wrap(id).getLong());
    }

    @Override
    public ClusterId clusterId() {
      return node.clusterId();
    }

    private CompletableFuture<byte[]> ask(Predicate<Answer> request) {
      Answer answer = new Answer();
      if (!node.lives(life) || !request.test(answer)) {
        answer.onFailure(new RabiaException.Closed("there is nobody to take it"));
      }
      return answer.future;
    }
  }

  private static final class Answer implements ResultHandler {
    final CompletableFuture<byte[]> future = new CompletableFuture<>();

    @Override
    public void onResult(byte[] result) {
      future.complete(result);
    }

    @Override
    public void onFailure(RabiaException failure) {
      future.completeExceptionally(failure);
    }
  }
}
