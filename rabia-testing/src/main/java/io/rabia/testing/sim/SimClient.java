package io.rabia.testing.sim;

import io.rabia.core.Command;
import io.rabia.core.RabiaException;
import io.rabia.engine.ResultHandler;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * A client with a session: several commands outstanding at a time, each sent again through other
 * nodes under the same number until it is answered; linearizable reads and commands without a
 * session between them. One thread.
 */
final class SimClient {

  /** One thing that the client wants and has not got yet. */
  private abstract class Wish {
    final int register = random.below(RegisterMachine.REGISTERS);
    final long floor = world.history().floor(register);
    final long began = world.clock().now();
    boolean done;
    int attempts;
    private int askedNode = NOBODY;

    abstract boolean send(SimNode node, ResultHandler handler);

    abstract void answered(byte[] result);

    /** True to try again elsewhere. */
    boolean failed(RabiaException failure) {
      return true;
    }

    final void attempt() {
      if (done) {
        return;
      }
      int number = ++attempts;
      askedNode = target;
      say(() -> "asks node " + (askedNode + 1) + ": " + this);
      if (send(world.node(askedNode), new Reply(this, askedNode, number))) {
        world.clock().after(patience + random.between(0, patience), () -> unanswered(number));
      } else {
        tryElsewhereSoon();
      }
    }

    /** The node is gone, or has not answered for too long. */
    private void unanswered(int attempt) {
      if (!done && attempts == attempt) {
        if (mayRepeat()) {
          tryElsewhereSoon();
        } else {
          finish();
        }
      }
    }

    private void tryElsewhereSoon() {
      elsewhere();
      askedNode = NOBODY;
      int number = ++attempts;
      world
          .clock()
          .after(
              random.between(5, 40) * SimClock.MILLI,
              () -> {
                if (attempts == number) {
                  attempt();
                }
              });
    }

    /** Is it harmless when it is done twice? */
    boolean mayRepeat() {
      return true;
    }

    final void finish() {
      if (!done) {
        done = true;
        outstanding.remove(this);
        if (thinkTime == 0) {
          wish();
        }
      }
    }
  }

  private final class Reply implements ResultHandler {
    private final Wish wish;
    private final int node;
    private final int attempt;

    Reply(Wish wish, int node, int attempt) {
      this.wish = wish;
      this.node = node;
      this.attempt = attempt;
    }

    @Override
    public void onResult(byte[] result) {
      say(() -> "is answered " + ByteBuffer.wrap(result).getLong() + ": " + wish);
      world.trace().mix(ByteBuffer.wrap(result).getLong());
      wish.answered(result);
      if (!wish.done) {
        long latency = world.clock().now() - wish.began;
        world.latencies().completed(home, latency);
        world.node(node).watch().served(wish.attempts, latency);
        wish.finish();
      }
    }

    @Override
    public void onFailure(RabiaException failure) {
      say(() -> "is told " + failure.getMessage() + ": " + wish);
      if (wish.done) {
        return;
      }
      if (!wish.failed(failure)) {
        wish.finish();
      } else if (wish.attempts == attempt) {
        wish.tryElsewhereSoon();
      }
    }
  }

  private final class Opening extends Wish {
    @Override
    boolean send(SimNode node, ResultHandler handler) {
      return node.openSession(patience, handler);
    }

    @Override
    public String toString() {
      return "open a session";
    }

    @Override
    void answered(byte[] result) {
      if (!done) {
        session = ByteBuffer.wrap(result).getLong();
        started = true;
        nextNumber = 1;
        open.clear();
      }
    }
  }

  private final class Write extends Wish {
    private final long operation = world.history().begin();
    private final long inSession = session;
    private final long number;
    private final int padding;
    private final boolean throwing = world.faults().has(Fault.THROW) && random.chance(0.03);

    Write(boolean numbered) {
      number = numbered ? nextNumber++ : 0;
      padding = random.below(world.padding() + 1);
      if (!throwing) {
        world.calls().writes(index, operation, register);
      }
      if (numbered) {
        open.put(number, this);
      }
    }

    @Override
    boolean send(SimNode node, ResultHandler handler) {
      byte[] payload = RegisterMachine.write(operation, register, throwing, padding);
      Command command =
          number == 0
              ? Command.of(payload)
              : new Command(inSession, number, open.firstKey(), payload);
      return node.submit(command, patience, handler);
    }

    @Override
    void answered(byte[] result) {
      if (throwing) {
        world.violations().add("operation " + operation + " succeeded where the machine threw");
      }
      long before = ByteBuffer.wrap(result).getLong();
      world.calls().wrote(operation, before);
      world.history().wrote(operation, register, floor, before);
      if (inSession == session) {
        open.remove(number);
      }
    }

    @Override
    boolean mayRepeat() {
      return number != 0;
    }

    @Override
    public String toString() {
      String numbered = number == 0 ? "" : ", number " + number + " of session " + inSession;
      return "write " + operation + " to register " + register + numbered;
    }

    @Override
    boolean failed(RabiaException failure) {
      if (throwing && failure instanceof RabiaException.StateMachineFailure) {
        world.faults().fired(Fault.THROW);
        world.history().threw(operation, String.valueOf(failure.getMessage()));
        if (inSession == session) {
          open.remove(number);
        }
        return false;
      }
      if (failure instanceof RabiaException.SessionClosed
          && number != 0
          && world.faults().has(Fault.EXPIRY)) {
        world.faults().fired(Fault.EXPIRY);
        if (inSession == session) {
          session = 0;
          Iterator<Write> others = open.values().iterator();
          while (others.hasNext()) {
            Write other = others.next();
            others.remove();
            other.finish();
          }
          begin(new Opening());
        }
        return false;
      }
      if (number == 0 && failure.retryable() && !(failure instanceof RabiaException.Timeout)) {
        return false;
      }
      if (!failure.retryable() && !(failure instanceof RabiaException.Closed)) {
        world
            .violations()
            .add(
                "write "
                    + operation
                    + " of session "
                    + inSession
                    + ", number "
                    + number
                    + ": "
                    + failure);
      }
      return number != 0;
    }
  }

  private final class Read extends Wish {
    @Override
    boolean send(SimNode node, ResultHandler handler) {
      return node.read(RegisterMachine.read(register), patience, handler);
    }

    @Override
    public String toString() {
      return "read register " + register;
    }

    @Override
    void answered(byte[] result) {
      if (!done) {
        long value = ByteBuffer.wrap(result).getLong();
        world.calls().read(index, register, began, value);
        world.history().read(register, floor, began, value);
      }
    }
  }

  private static final int NOBODY = -1;
  private static final long LAST_THINK_TIME = 50 * SimClock.MILLI;

  private final Simulation world;
  private final int index;
  private final String name;
  private final SimRandom random;
  private final long patience;
  private long thinkTime;
  private final int depth;
  private final TreeMap<Long, Write> open = new TreeMap<>();
  private final int home;
  private int target;
  private long session;
  private boolean started;
  private long nextNumber = 1;
  private final List<Wish> outstanding = new ArrayList<>();
  private int more = Integer.MAX_VALUE;
  private int thoughts;

  /**
   * @param thinkTime nanoseconds from one wish to the next, on average; 0 for the next one as soon
   *     as one is done
   * @param depth wishes that may be outstanding together
   */
  SimClient(Simulation world, int index, SimRandom random, int home, long thinkTime, int depth) {
    this.world = world;
    this.index = index;
    name = "client " + (index + 1);
    this.random = random;
    this.thinkTime = thinkTime;
    this.depth = depth;
    this.home = home;
    target = home;
    patience = random.magnitude(300 * SimClock.MILLI, 2 * SimClock.SECOND);
  }

  void start() {
    begin(new Opening());
    think();
  }

  private void think() {
    if (thinkTime == 0) {
      return;
    }
    int thought = ++thoughts;
    world
        .clock()
        .after(
            1 + (long) (-StrictMath.log(1 - random.unit()) * thinkTime),
            () -> {
              if (thought == thoughts) {
                wish();
              }
            });
  }

  private void wish() {
    if (more == 0) {
      return;
    }
    boolean mayAsk = session != 0 && outstanding.size() < depth;
    if (mayAsk || !started) {
      world.coverage().wanted(mayAsk);
    }
    if (mayAsk) {
      more--;
      double kind = random.unit();
      begin(kind < 0.25 ? new Read() : new Write(kind < 0.9));
    }
    think();
  }

  private void begin(Wish wish) {
    outstanding.add(wish);
    wish.attempt();
  }

  private void say(Supplier<String> text) {
    world.trace().line(name, text);
  }

  /** The connections to this node broke. */
  void disconnected(int node) {
    for (Wish wish : List.copyOf(outstanding)) {
      if (wish.askedNode == node) {
        wish.unanswered(wish.attempts);
      }
    }
  }

  private void elsewhere() {
    int other = random.below(world.size());
    for (int i = 0; i < world.size() && world.node(other).isOut(); i++) {
      other = (other + 1) % world.size();
    }
    target = world.faults().has(Fault.SLOW_MEMBERS) ? home : other;
  }

  /**
   * Wants so many things more, soon one after the other however long it thought before, then
   * nothing.
   */
  void finish(int wishes) {
    more = wishes;
    thinkTime = Math.min(thinkTime, LAST_THINK_TIME);
    think();
  }

  boolean isDone() {
    return more == 0 && outstanding.isEmpty();
  }

  @Override
  public String toString() {
    return name
        + " session="
        + session
        + " outstanding="
        + outstanding.size()
        + " open="
        + open.keySet()
        + " left="
        + more;
  }
}
