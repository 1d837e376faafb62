package io.rabia.kvstore.server.cli;

import io.rabia.testing.linearizability.Bounds;
import io.rabia.testing.linearizability.LinearizabilityChecker;
import io.rabia.testing.linearizability.Operation;
import io.rabia.testing.linearizability.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The keys, or groups of keys, that clients are at, with all that was done to each. One that has
 * had its share makes room for a new one and is checked for linearizability beside the load, so
 * that neither memory nor the time of a check grows with the length of a campaign. One thread, but
 * for the verdicts.
 */
final class CheckedKeys<I, O, S> {
  private static final int AT_A_TIME = 12;
  private static final int OPERATIONS = 300;
  private static final Bounds BOUNDS = new Bounds(256L << 20, 100_000_000);

  private final String prefix;
  private final CheckedWork<I, O, S> work;
  private final List<Key> keys = new ArrayList<>();
  private final ExecutorService checker =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "linearizability");
            thread.setDaemon(true);
            return thread;
          });
  private final List<String> violations = new CopyOnWriteArrayList<>();
  private final AtomicLong operations = new AtomicLong();
  private int made;

  CheckedKeys(String prefix, CheckedWork<I, O, S> work) {
    this.prefix = prefix;
    this.work = work;
    for (int i = 0; i < AT_A_TIME; i++) {
      keys.add(new Key());
    }
  }

  /** What is done to the keys. */
  CheckedWork<I, O, S> work() {
    return work;
  }

  /** A key, and what clients asked of it. */
  final class Key {
    final String name = prefix + ++made;
    private final List<Operation<I, O>> history = new ArrayList<>();
    private S seen = work.initial();
    private int begun;
    private int open;
    private boolean retired;

    private Key() {}

    /** What somebody has just seen in it. */
    S seen() {
      return seen;
    }

    private void begin() {
      begun++;
      open++;
    }

    void ended(int client, I input, O output, long invoked, long returned) {
      open--;
      history.add(Operation.completed(client, input, output, invoked, returned));
      seen = work.seen(seen, input, output);
      checkIfComplete();
    }

    /**
     * It has no answer.
     *
     * @param executed whether it may have been executed; what was not must not show in any answer
     */
    void failed(int client, I input, boolean executed, long invoked) {
      open--;
      if (executed && work.query(input) == null) {
        history.add(Operation.unknown(client, input, invoked));
      }
      checkIfComplete();
    }

    private void retire() {
      retired = true;
      checkIfComplete();
    }

    private void checkIfComplete() {
      if (retired && open == 0) {
        List<Operation<I, O>> whole = List.copyOf(history);
        checker.execute(() -> check(whole));
      }
    }
  }

  /** A key for an operation that begins now. */
  Key begin(SplittableRandom random) {
    int index = random.nextInt(AT_A_TIME);
    Key key = keys.get(index);
    key.begin();
    if (key.begun == OPERATIONS) {
      key.retired = true;
      keys.set(index, new Key());
    }
    return key;
  }

  private void check(List<Operation<I, O>> history) {
    Verdict verdict = LinearizabilityChecker.check(work, history, BOUNDS);
    operations.addAndGet(history.size());
    if (!verdict.linearizable()) {
      violations.add(verdict.toString());
    }
  }

  /** Checks what is left; nothing may be outstanding. Returns what is not linearizable. */
  List<String> finish() throws InterruptedException {
    keys.forEach(Key::retire);
    checker.shutdown();
    if (!checker.awaitTermination(5, TimeUnit.MINUTES)) {
      violations.add("the checker did not come to an end");
    }
    return violations;
  }

  /** How many were checked. */
  long operations() {
    return operations.get();
  }
}
