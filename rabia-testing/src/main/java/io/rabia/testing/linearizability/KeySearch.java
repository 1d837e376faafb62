package io.rabia.testing.linearizability;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Searches an order for the operations of one key, depth first, after Wing and Gong, with the
 * configurations (operations placed, state) that lead nowhere remembered, after Lowe. One thread.
 *
 * <p>An operation may come next if no other that has no place yet returned before it was invoked:
 * those are the calls in front of the first return in the list of events without places, and those
 * of unknown outcome. What keeps the search small, each because another branch can do whatever the
 * one left out can:
 *
 * <ul>
 *   <li>a completed read that is possible comes next, without a choice: in any order it can move to
 *       the front;
 *   <li>operations of unknown outcome come into question last, of two with equal inputs the one
 *       invoked first, which could take the other's place in any order, and never one that changes
 *       nothing;
 *   <li>nor does one come before an operation that would do the same without it, or before it.
 * </ul>
 */
final class KeySearch<I, O, S> {

  enum End {
    ORDER_FOUND,
    NO_ORDER,
    OUT_OF_MEMORY,
    OUT_OF_STEPS
  }

  private record Configuration<S>(long[] placed, S state) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Configuration<?> that
          && Arrays.equals(placed, that.placed)
          && state.equals(that.state);
    }

    @Override
    public int hashCode() {
      return 31 * Arrays.hashCode(placed) + state.hashCode();
    }
  }

  /** Of a remembered configuration without its arrays and state, in a hash set. */
  private static final long CONFIGURATION_BYTES = 96;

  private static final int NONE = Integer.MIN_VALUE;
  private static final int HEAD = 0;

  private final Model<I, O, S> model;
  private final List<Operation<I, O>> completed = new ArrayList<>();
  private final List<Operation<I, O>> unknown = new ArrayList<>();

  /** Index of the unknown operation before that has the same input, or -1. */
  private final int[] twin;

  private final boolean[] read;

  /** Events in the order of time: call i is node i + 1, its return node i + 1 + m; a ring. */
  private final int[] next;

  private final int[] previous;
  private final int[] rank;

  private final LinearizedSet placed;
  private final Set<Configuration<S>> remembered = new HashSet<>();
  private final List<S> states = new ArrayList<>();
  private final List<Integer> order = new ArrayList<>();
  private S state;
  private int unplaced;
  private long memory;
  private long steps;
  private int furthest = -1;

  KeySearch(Model<I, O, S> model, List<Operation<I, O>> operations) {
    this.model = model;
    for (Operation<I, O> operation : operations) {
      (operation.isUnknown() ? unknown : completed).add(operation);
    }
    completed.sort(Comparator.comparingLong(Operation::invoked));
    unknown.sort(Comparator.comparingLong(Operation::invoked));
    twin = twins(unknown);
    int m = completed.size();
    read = new boolean[m];
    for (int i = 0; i < m; i++) {
      Operation<I, O> operation = completed.get(i);
      read[i] = model.isRead(operation.input(), Objects.requireNonNull(operation.output()));
    }
    next = new int[2 * m + 1];
    previous = new int[2 * m + 1];
    rank = new int[2 * m + 1];
    linkEvents();
    placed = new LinearizedSet(m, unknown.size());
    state = model.initial();
    unplaced = m;
  }

  private static <I, O> int[] twins(List<Operation<I, O>> unknown) {
    int[] twin = new int[unknown.size()];
    Map<I, Integer> last = new HashMap<>();
    for (int i = 0; i < twin.length; i++) {
      Integer before = last.put(unknown.get(i).input(), i);
      twin[i] = before == null ? -1 : before;
    }
    return twin;
  }

  /** Calls come before returns of the same instant. */
  private void linkEvents() {
    int m = completed.size();
    List<Integer> returns = new ArrayList<>();
    for (int i = 0; i < m; i++) {
      returns.add(i);
    }
    returns.sort(Comparator.comparingLong(i -> completed.get(i).returned()));
    int last = HEAD;
    int call = 0;
    for (int r = 0; r < m; r++) {
      int index = returns.get(r);
      while (call < m && completed.get(call).invoked() <= completed.get(index).returned()) {
        last = append(last, ++call);
      }
      rank[index + 1 + m] = r;
      last = append(last, index + 1 + m);
    }
    next[last] = HEAD;
    previous[HEAD] = last;
  }

  private int append(int last, int event) {
    next[last] = event;
    previous[event] = last;
    return event;
  }

  /**
   * @param stopAt the rank of a return: ends, without an order, where that one is the first one
   *     left
   */
  End run(long maxMemory, long maxSteps, int stopAt) {
    int candidate = firstCandidate();
    while (unplaced > 0) {
      if (furthest == stopAt) {
        return End.NO_ORDER;
      }
      if (memory > maxMemory) {
        return End.OUT_OF_MEMORY;
      }
      if (steps > maxSteps) {
        return End.OUT_OF_STEPS;
      }
      if (candidate != NONE) {
        candidate = advance(candidate);
      } else if (!order.isEmpty()) {
        candidate = retreat();
      } else {
        return End.NO_ORDER;
      }
    }
    return End.ORDER_FOUND;
  }

  /** Returns what to try next. */
  private int advance(int candidate) {
    S after = step(state, candidate);
    if (after != null && !pointless(candidate, after)) {
      if (place(candidate, after)) {
        return firstCandidate();
      }
      if (isRead(candidate)) {
        return NONE;
      }
    }
    return candidateAfter(candidate);
  }

  private int retreat() {
    int last = takeBack();
    return isRead(last) ? NONE : candidateAfter(last);
  }

  private boolean isRead(int candidate) {
    return candidate >= 0 && read[candidate - 1];
  }

  private @Nullable S step(S from, int candidate) {
    steps++;
    Operation<I, O> operation = operation(candidate);
    return model.step(from, operation.input(), operation.output());
  }

  // ---- candidates: a node of a call, or the complement of the index of an unknown operation

  private int firstCandidate() {
    if (unplaced == 0) {
      return NONE;
    }
    int firstReturn = firstReturn();
    furthest = Math.max(furthest, rank[firstReturn]);
    for (int call = next[HEAD]; call != firstReturn; call = next[call]) {
      if (isRead(call) && step(state, call) != null) {
        return call;
      }
    }
    return callOrUnknown(next[HEAD]);
  }

  private int candidateAfter(int candidate) {
    return candidate < 0 ? unknownFrom(~candidate + 1) : callOrUnknown(next[candidate]);
  }

  private int callOrUnknown(int event) {
    return event > completed.size() ? unknownFrom(0) : event;
  }

  private int unknownFrom(int from) {
    long latest = operation(firstReturn()).returned();
    for (int i = from; i < unknown.size() && unknown.get(i).invoked() <= latest; i++) {
      if (!placed.hasUnknown(i) && (twin[i] < 0 || placed.hasUnknown(twin[i]))) {
        return ~i;
      }
    }
    return NONE;
  }

  private int firstReturn() {
    int event = next[HEAD];
    while (event <= completed.size()) {
      event = next[event];
    }
    return event;
  }

  private Operation<I, O> operation(int candidate) {
    if (candidate < 0) {
      return unknown.get(~candidate);
    }
    int m = completed.size();
    return completed.get(candidate > m ? candidate - m - 1 : candidate - 1);
  }

  // ---- places

  /** Another branch can do whatever this one can, with fewer or later unknown operations. */
  private boolean pointless(int candidate, S after) {
    if (candidate < 0 && after.equals(state)) {
      return true;
    }
    int last = order.isEmpty() ? HEAD : order.get(order.size() - 1);
    S without = last < 0 ? step(states.get(states.size() - 1), candidate) : null;
    if (without == null) {
      return false;
    }
    boolean mayGoFirst = candidate >= 0 || ~candidate < ~last;
    return after.equals(without) || mayGoFirst && after.equals(step(without, last));
  }

  private boolean place(int candidate, S after) {
    mark(candidate);
    if (!remember(after)) {
      unmark(candidate);
      return false;
    }
    order.add(candidate);
    states.add(state);
    state = after;
    return true;
  }

  private boolean remember(S after) {
    long[] key = placed.key();
    if (!remembered.add(new Configuration<>(key, after))) {
      return false;
    }
    memory += CONFIGURATION_BYTES + 8L * key.length + model.bytes(after);
    return true;
  }

  private int takeBack() {
    int last = order.remove(order.size() - 1);
    state = states.remove(states.size() - 1);
    unmark(last);
    return last;
  }

  private void mark(int candidate) {
    if (candidate < 0) {
      placed.addUnknown(~candidate);
      return;
    }
    placed.add(candidate - 1);
    unlink(candidate);
    unlink(candidate + completed.size());
    unplaced--;
  }

  private void unmark(int candidate) {
    if (candidate < 0) {
      placed.removeUnknown(~candidate);
      return;
    }
    placed.remove(candidate - 1);
    relink(candidate + completed.size());
    relink(candidate);
    unplaced++;
  }

  private void unlink(int event) {
    next[previous[event]] = next[event];
    previous[next[event]] = previous[event];
  }

  /** In the opposite order of {@link #unlink}. */
  private void relink(int event) {
    next[previous[event]] = event;
    previous[next[event]] = event;
  }

  // ---- what came of it

  long steps() {
    return steps;
  }

  /** The rank of the last return that was reached and, without an order, not passed. */
  int furthest() {
    return furthest;
  }

  S state() {
    return state;
  }

  /** The order so far. */
  List<Operation<I, O>> order() {
    return order.stream().map(this::operation).toList();
  }

  /** Whose return comes first of those without a place. */
  Operation<I, O> misfit() {
    return operation(firstReturn());
  }

  /** Without a place, and invoked before the misfit returned. */
  List<Operation<I, O>> concurrentWithMisfit() {
    int misfitReturn = firstReturn();
    List<Operation<I, O>> concurrent = new ArrayList<>();
    for (int event = next[HEAD]; event != misfitReturn; event = next[event]) {
      if (event != misfitReturn - completed.size()) {
        concurrent.add(operation(event));
      }
    }
    for (int i = 0; i < unknown.size(); i++) {
      if (!placed.hasUnknown(i) && unknown.get(i).invoked() <= misfit().returned()) {
        concurrent.add(unknown.get(i));
      }
    }
    return concurrent;
  }
}
