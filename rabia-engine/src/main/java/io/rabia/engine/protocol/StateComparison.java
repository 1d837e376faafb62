package io.rabia.engine.protocol;

import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Compares what the states of the members hash to after equal numbers of slots (protocol.md section
 * 9, number 7), and says whose is wrong. A difference means that a state machine is not
 * deterministic or that a machine is broken; no promise depends on it, so agreement goes on.
 *
 * <p>A majority is right: whom one contradicts must stop, since its answers are not those of the
 * log. As long as one may still show itself, because not all have said their hash, nobody stops:
 * one broken machine must not take away the quorum with which a third one comes back and tells who
 * is right. But nobody who knows of the difference answers meanwhile, since one of them is wrong.
 * When all have said theirs and there is no majority, nobody is known to be right, and all stop.
 *
 * <p>What is told of a member, and why, is a {@link Verdict}.
 *
 * <p>A few of the latest comparisons are held, so memory is bounded; who is further behind is
 * compared when it has caught up. One thread.
 */
@Internal
public final class StateComparison {
  private static final int HELD = 8;
  private static final int NOBODY = -1;

  /** Why a member is named. */
  public enum Verdict {
    /** It differs from others, and a majority may still tell who is wrong. */
    DISPUTED,
    /** A majority has another state. */
    CONTRADICTED,
    /** No majority has the same state: nobody's is known to be right. */
    HOPELESS;

    /** Must who is named stop? */
    public boolean isSettled() {
      return this != DISPUTED;
    }
  }

  /**
   * A member's state is another one than that of others.
   *
   * @param applied after so many slots; it went another way since the comparison before
   * @param origin the member's
   */
  public record Difference(long applied, int origin, Verdict verdict)
      implements Comparable<Difference> {
    @Override
    public int compareTo(Difference other) {
      return Comparator.comparingLong(Difference::applied)
          .thenComparingInt(Difference::origin)
          .thenComparing(Difference::verdict)
          .compare(this, other);
    }
  }

  /** What the members of a configuration said, by origin. */
  private record Point(Configuration configuration, Map<Integer, Long> hashes) {}

  /** Own origin, when it was compared last. */
  private int self = NOBODY;

  /** By the number of applied slots. */
  private final TreeMap<Long, Point> points = new TreeMap<>();

  private Set<Difference> differences = Set.of();
  private long applied;
  private long hash;
  private boolean disputed;
  private boolean news;

  /** The own state after so many slots has this hash. */
  void own(Configuration governing, int origin, long afterSlots, long stateHash) {
    self = origin;
    applied = afterSlots;
    hash = stateHash;
    news = true;
    said(governing, origin, afterSlots, stateHash);
  }

  /** A member's state has this hash; those of non-members do not count. */
  void said(Configuration governing, int origin, long afterSlots, long stateHash) {
    if (governing.indexOf(origin) < 0) {
      return;
    }
    points
        .computeIfAbsent(afterSlots, fresh -> new Point(governing, new TreeMap<>()))
        .hashes()
        .put(origin, stateHash);
    if (points.size() > HELD) {
      points.pollFirstEntry();
    }
    judge();
  }

  private void judge() {
    Map<Integer, Difference> wrong = new TreeMap<>();
    Set<Difference> found = new TreeSet<>();
    points.forEach(
        (after, point) -> {
          Map<Integer, Long> hashes = point.hashes();
          Long right = majority(hashes, point.configuration().quorum());
          if (right == null) {
            judgeWithoutMajority(after, point, wrong, found);
            return;
          }
          if (right.equals(hashes.get(self))) {
            found.clear();
          }
          hashes.forEach(
              (origin, said) -> {
                if (said.equals(right)) {
                  wrong.remove(origin);
                } else {
                  wrong.putIfAbsent(origin, new Difference(after, origin, Verdict.CONTRADICTED));
                }
              });
        });
    disputed = !found.isEmpty();
    found.addAll(wrong.values());
    differences = found;
  }

  private @Nullable Long majority(Map<Integer, Long> hashes, int quorum) {
    for (Long candidate : hashes.values()) {
      if (count(hashes, candidate) >= quorum) {
        return candidate;
      }
    }
    return null;
  }

  private static int count(Map<Integer, Long> hashes, Long candidate) {
    int count = 0;
    for (Long said : hashes.values()) {
      count += said.equals(candidate) ? 1 : 0;
    }
    return count;
  }

  /** Those who are known to be wrong do not count. */
  private void judgeWithoutMajority(
      long after, Point point, Map<Integer, Difference> wrong, Set<Difference> disputed) {
    Map<Integer, Long> left = new TreeMap<>(point.hashes());
    left.keySet().removeAll(wrong.keySet());
    int most = 0;
    for (Long candidate : left.values()) {
      most = Math.max(most, count(left, candidate));
    }
    if (most == left.size()) {
      return;
    }
    long open =
        point.configuration().members().stream()
            .map(Configuration.Member::origin)
            .filter(origin -> !point.hashes().containsKey(origin) && !wrong.containsKey(origin))
            .count();
    if (most + open >= point.configuration().quorum()) {
      disputed.clear();
      left.keySet()
          .forEach(origin -> disputed.add(new Difference(after, origin, Verdict.DISPUTED)));
    } else {
      left.keySet()
          .forEach(origin -> wrong.put(origin, new Difference(after, origin, Verdict.HOPELESS)));
    }
  }

  // ---- what is known now

  /** All that differ, in the order of slots. */
  public Set<Difference> differences() {
    return differences;
  }

  /** Do states differ, and may it still turn out whose is right? */
  public boolean disputed() {
    return disputed;
  }

  /** The own last comparison: after so many slots; 0 for none. */
  public long applied() {
    return applied;
  }

  /** The own hash then. */
  public long hash() {
    return hash;
  }

  /** Is the own last hash still to be told? */
  public boolean hasNews() {
    return news;
  }

  /** Once after every own hash: it should be told to all. */
  public boolean takeNews() {
    boolean fresh = news;
    news = false;
    return fresh;
  }
}
