package io.rabia.testing.sim;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What stands out in a slot: who decided what and why, and what was said, counted or lost against
 * the rules. Facts only. One thread.
 */
final class SlotFacts {
  private record Said(String value, long at) {}

  private record Key(int node, String word) {}

  private final long slot;
  private final List<String> lines = new ArrayList<>();
  private final Map<Key, List<Said>> said = new HashMap<>();
  private final Set<Key> decisions = new HashSet<>();

  SlotFacts(long slot) {
    this.slot = slot;
  }

  private void add(long at, int node, String text) {
    String line = Trace.format(at, "node " + (node + 1), text);
    if (lines.isEmpty() || !lines.get(lines.size() - 1).equals(line)) {
      lines.add(line);
    }
  }

  private static String at(long time) {
    return " at " + SimClock.text(time).strip() + " s";
  }

  /** A word leaves a node. */
  void said(long at, int node, Word word, String value, String unsafe) {
    if (word.slot() != slot) {
      return;
    }
    List<Said> before = said.computeIfAbsent(new Key(node, word.name()), k -> new ArrayList<>());
    if (before.stream().anyMatch(one -> one.value().equals(value))) {
      return;
    }
    if (!unsafe.isEmpty()) {
      add(at, node, "said " + word.name() + "=" + value + unsafe);
    }
    for (Said one : before) {
      add(at, node, "said " + word.name() + "=" + value + ", and " + one.value() + at(one.at()));
    }
    before.add(new Said(value, at));
  }

  /** A node votes, having counted this. */
  void counted(long at, int node, Word word, String value, Tally why) {
    if (word.slot() == slot) {
      String voted = "votes " + word.name() + "=" + value;
      if (!why.enough()) {
        add(at, node, voted + " [" + why.text() + "]");
      }
      counted(at, node, voted, why);
    }
  }

  private void counted(long at, int node, String what, Tally why) {
    for (Tally.Count count : why.counts()) {
      if (count.node() != node && !hasSaid(count)) {
        add(
            at,
            node,
            what
                + " counting "
                + count.word().name()
                + "="
                + count.value()
                + " of node "
                + (count.node() + 1)
                + ", which had not said so");
      }
    }
  }

  private boolean hasSaid(Tally.Count count) {
    return said.getOrDefault(new Key(count.node(), count.word().name()), List.of()).stream()
        .anyMatch(one -> FrameText.bare(one.value()).equals(count.value()));
  }

  /** A node tells others an outcome. */
  void tells(long at, int node, long inSlot, String outcome, Tally why) {
    if (inSlot == slot && !why.enough()) {
      add(at, node, "says that " + outcome + " is decided [" + why.text() + "]");
    }
  }

  /** A node answers a barrier with the highest slot in which it has spoken. */
  void answers(long at, int node, long highestSlot) {
    boolean spoke = said.keySet().stream().anyMatch(key -> key.node() == node);
    if (spoke && highestSlot < slot) {
      add(at, node, "answers a barrier: " + highestSlot + ", and had spoken in slot " + slot);
    }
  }

  /** A word is not in the log any more. */
  void gone(long at, int node, Promises.Logged word, long lastGroup) {
    if (word.word.slot() == slot) {
      add(
          at,
          node,
          "its log ends with group "
              + lastGroup
              + ": "
              + word.word.name()
              + "="
              + word.value
              + " of group "
              + word.group
              + " is gone, "
              + (word.saidAt() == Promises.NEVER
                  ? "which it had not said yet"
                  : "said" + at(word.saidAt())));
    }
  }

  /** A node acts on an outcome. */
  void decided(long at, int node, String outcome, Ledger.Decision how) {
    if (decisions.add(new Key(node, outcome))) {
      add(at, node, "decides " + outcome + " " + how);
      if (!how.unsafe().isEmpty()) {
        add(at, node, "decides " + outcome + how.unsafe());
      }
      counted(at, node, "decides " + outcome, how.why());
    }
  }

  /** Line by line. */
  String text() {
    StringBuilder text = new StringBuilder("# what stands out in slot " + slot + "\n");
    lines.forEach(line -> text.append(line).append('\n'));
    return text.toString();
  }
}
