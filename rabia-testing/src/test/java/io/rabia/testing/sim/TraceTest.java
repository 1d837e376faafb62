package io.rabia.testing.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A trace says why, and how safe it is, and it is true. */
@Tag("fault-injection")
class TraceTest {
  private static final SimOptions ROUGH =
      new SimOptions(
          3,
          6,
          3,
          EnumSet.of(Fault.CRASH, Fault.DROP, Fault.SPLIT, Fault.SLOW_DISK),
          true,
          Load.LIGHT);

  private static final Pattern LINE = Pattern.compile(" *[0-9.]+  (node \\d|\\w+) *(.*)");
  private static final Pattern FRAME = Pattern.compile("(to|from) ([\\d ]+): \\[\\d+\\] (.*)");
  private static final Pattern WORD =
      Pattern.compile("(propose|vote[12]) (\\d+)(/\\d+)?=([^ ,]+)(?: with body)?(?: \\[(.*?)\\])?");
  private static final Pattern TALLY =
      Pattern.compile("(propose|vote[12])(/\\d+)? from ([\\d,]+): ([^,;]+)");
  private static final Pattern DECISION =
      Pattern.compile("decides first (\\d+)=(\\S+) \\[(.*?)\\]");
  private static final Pattern SAFETY =
      Pattern.compile(".*\\{group (\\d+), (?:forced|written) (\\d+)}");

  private static final Traced RUN = traced(ROUGH);

  private record Traced(SimReport report, List<String> lines) {}

  private static Traced traced(SimOptions options) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    SimReport report =
        Simulation.run(options, new PrintStream(bytes, false, StandardCharsets.UTF_8));
    return new Traced(report, bytes.toString(StandardCharsets.UTF_8).lines().toList());
  }

  /** What each node said, and heard of the others in this life, as the frames' lines tell it. */
  private static final class Heard {
    private final Map<String, String> values = new HashMap<>();

    private static String key(String node, String of, String slot, String word) {
      return node + " of " + of + " in " + slot + ": " + word;
    }

    void note(String node, String of, Matcher word) {
      String said = word.group(1) + (word.group(3) == null ? "" : word.group(3));
      values.put(key(node, of, word.group(2), said), FrameText.bare(word.group(4)));
    }

    void forget(String node) {
      values
          .keySet()
          .removeIf(key -> key.startsWith(node + " of ") && !key.startsWith(node + " of " + node));
    }

    /** Of others all that is counted was heard; returns how many were. */
    int check(String node, String slot, String why) {
      int counted = 0;
      Matcher tally = TALLY.matcher(why);
      while (tally.find()) {
        String[] nodes = tally.group(3).split(",");
        String[] counts = tally.group(4).strip().split(" ");
        String word = tally.group(1) + (tally.group(2) == null ? "" : tally.group(2));
        for (int i = 0; i < nodes.length; i++) {
          String of = "node " + nodes[i];
          if (!of.equals(node)) {
            assertThat(values.get(key(node, of, slot, word))).as(why).isEqualTo(counts[i]);
            counted++;
          }
        }
      }
      return counted;
    }
  }

  @Test
  void everyVoteAndDecisionRestsOnWhatWasHeard() {
    Heard heard = new Heard();
    Set<String> said = new HashSet<>();
    int counted = 0;
    int decisions = 0;
    for (String text : RUN.lines()) {
      Matcher line = LINE.matcher(text);
      if (!line.matches()) {
        continue;
      }
      String node = line.group(1);
      if (line.group(2).startsWith("starts")) {
        heard.forget(node);
      }
      Matcher frame = FRAME.matcher(line.group(2));
      if (frame.matches()) {
        boolean leaves = frame.group(1).equals("to");
        String of = leaves ? node : "node " + frame.group(2);
        Matcher word = WORD.matcher(frame.group(3));
        while (word.find()) {
          if (leaves && word.group(5) != null) {
            counted += heard.check(node, word.group(2), word.group(5));
          }
          String first = node + word.group(1) + word.group(2) + word.group(3) + word.group(4);
          if (leaves && said.add(first) && !word.group(1).equals("propose")) {
            assertThat(word.group(5)).as(text).isNotNull();
          }
          heard.note(node, of, word);
        }
      }
      Matcher decision = DECISION.matcher(line.group(2));
      if (decision.find()) {
        assertThat(decision.group(3)).containsPattern(" from |told by ").doesNotContain("too few");
        counted += heard.check(node, decision.group(1), decision.group(3));
        decisions++;
      }
    }
    assertThat(counted).isGreaterThan(1_000);
    assertThat(decisions).isEqualTo((int) RUN.report().slots());
    assertThat(RUN.lines()).anyMatch(line -> line.contains(", by the coin]"));
    assertThat(RUN.lines()).anyMatch(line -> line.contains(", which it repeats]"));
  }

  @Test
  void barriersAreToldOfEverySlotThatWasSpokenIn() {
    assertThat(RUN.lines()).anyMatch(line -> line.matches(".* to \\d: .* barrier .* is told .*"));
    assertThat(RUN.lines()).noneMatch(line -> line.contains("it has spoken in slot"));
  }

  @Test
  void nothingLeavesBeforeItsGroupIsSafe() {
    int held = 0;
    for (String line : RUN.lines()) {
      Matcher safety = SAFETY.matcher(line);
      if (safety.matches()) {
        assertThat(Long.parseLong(safety.group(1)))
            .as(line)
            .isLessThanOrEqualTo(Long.parseLong(safety.group(2)));
        held++;
      }
    }
    assertThat(held).isGreaterThan(1_000);
    assertThat(RUN.lines()).anyMatch(line -> line.contains("  forced up to group "));
    assertThat(RUN.lines()).noneMatch(line -> line.contains("are not on the disk"));
  }

  @Test
  void saysFirstWhatIsSimulatedAndWhatTheLogsPromise() {
    assertThat(RUN.lines().get(0))
        .isEqualTo("# " + ROUGH.arguments() + "; logs: node 1 fsync, node 2 fsync, node 3 fsync");
    SimOptions reboots = new SimOptions(1, 1, 3, EnumSet.of(Fault.REBOOT), true, Load.LIGHT);
    assertThat(traced(reboots).lines().get(0)).containsPattern("node \\d os");
  }

  @Test
  void changesNothing() {
    assertThat(Simulation.run(ROUGH, null)).isEqualTo(RUN.report());
  }

  @Test
  void aStoryWithoutABrokenPromiseOnlyNamesTheDecisions() {
    SlotStory story = Simulation.story(ROUGH, 200);
    String facts = story.facts().text();
    assertThat(facts.lines().skip(1)).isNotEmpty().allMatch(line -> line.contains("decides "));
    assertThat(story.text()).endsWith(facts);
  }
}
