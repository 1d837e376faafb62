package io.rabia.testing.explore;

import io.rabia.core.BatchId;
import io.rabia.core.CommonCoin;
import io.rabia.core.InvariantViolation;
import io.rabia.engine.protocol.Change;
import io.rabia.engine.protocol.Configuration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Plays a text against production replicas: paragraphs of commands, then {@code ----}, then what
 * happened. One thread, one use.
 *
 * <pre>
 * offers                         batches are sent ahead of Proposes; before cluster
 * cluster 3 [coin] [alpha]       starts; the coin shows V1, V0, or V1 in odd phases: heads, tails,
 *                                split; keyed when it is not said; any: as the player wants
 * join D                         a process that is no member begins and listens
 * lose C D                       C falls asleep, its machine starts again as D, without C's votes
 * sleep C                        C is paused: what comes waits
 * change A ABD [alpha [epoch]]   A proposes that those be the members from now on
 * return A D                     A proposes that D be the member whose id it has
 * submit A text                  gives a command to A
 * read A                         queues a linearizable read at A
 * run                            forces and delivers, oldest first, until nothing happens without time
 * deliver A&gt;B [count|all]       delivers the oldest frame of a link, or more of them
 * gulp A                         delivers all that is under way to A in one duty cycle
 * drop A&gt;B | repeat A&gt;B       loses, or delivers twice, the oldest frame of a link
 * block A&gt;B | unblock A&gt;B     run leaves the link alone, or not any more
 * slow A | fast A                run does not force the log of A, or does again
 * force A                        makes the log of A durable
 * flush A                        A sends what waits for company
 * cut A B | heal A B             breaks or makes a connection
 * crash A [all|groups]           A dies and keeps the durable groups of its log, or all, or so many
 * restart A                      from its log
 * tick milliseconds              time passes for everyone
 * settle [A B]                   run and tick until those that are up (or these) agree and have nothing to do
 * links                          what is under way
 * slots A first last             what A knows of these slots
 * frames                         how many frames were sent since this was asked last
 * </pre>
 */
public final class Scenario {
  private static final String RULE = "----";
  private static final long MILLISECOND = 1_000_000;
  private static final int MAX_TICKS = 2_000;

  private final boolean traced;
  private final CommonCoin any;
  private final Set<String> blocked = new HashSet<>();
  private final Set<Integer> slow = new HashSet<>();
  private boolean offers;
  private @Nullable ReplicaCluster cluster;
  private long framesSeen;

  public Scenario() {
    this(true, false, (epoch, slot, phase) -> true);
  }

  /**
   * @param offers whether batches are sent ahead of Proposes, even if that is not said
   * @param any the coin that shows what the player wants
   */
  Scenario(boolean traced, boolean offers, CommonCoin any) {
    this.traced = traced;
    this.offers = offers;
    this.any = any;
  }

  /** Plays commands alone. */
  void play(List<String> commands) {
    List<String> happened = new ArrayList<>();
    commands.forEach(line -> command(line.split(" "), happened));
  }

  /** Does run leave the frame where it is? */
  boolean isBlocked(ReplicaNode.Frame frame) {
    return !blocked.isEmpty() && blocked.contains(link(frame));
  }

  /** Does run leave the log of this one alone? */
  boolean isSlow(int index) {
    return slow.contains(index);
  }

  /**
   * Plays the text; returns it with what happened now in place of what is said to have happened.
   */
  public String play(String text) {
    StringBuilder out = new StringBuilder();
    boolean expectation = false;
    List<String> happened = new ArrayList<>();
    for (String line : (text.stripTrailing() + "\n").split("\n", -1)) {
      if (line.isBlank()) {
        happened.forEach(what -> out.append(what).append('\n'));
        happened.clear();
        out.append(expectation || !out.isEmpty() ? "\n" : "");
        expectation = false;
      } else if (line.equals(RULE)) {
        expectation = true;
        out.append(RULE).append('\n');
      } else if (!expectation) {
        out.append(line).append('\n');
        if (!line.startsWith("#")) {
          command(line.trim().split(" +"), happened);
          happened.addAll(cluster == null ? List.of() : cluster.trace().take());
        }
      }
    }
    return out.toString().stripTrailing() + "\n";
  }

  ReplicaCluster cluster() {
    if (cluster == null) {
      throw new IllegalStateException("a scenario starts with: cluster <size>");
    }
    return cluster;
  }

  private void command(String[] words, List<String> out) {
    switch (words[0]) {
      case "offers" -> offers = true;
      case "cluster" -> start(words);
      case "join" -> check(words[1], cluster().join());
      case "lose" -> check(words[2], cluster().lose(index(words[1])));
      case "sleep" -> node(words[1]).fallAsleep();
      case "change" -> change(words);
      case "return" -> cluster().giveBack(node(words[1]), node(words[2]));
      case "submit" -> node(words[1]).submit(words[2], cluster().now());
      case "read" -> node(words[1]).read(cluster().now());
      case "run" -> run();
      case "deliver" -> deliver(words);
      case "gulp" -> cluster().deliverAllAtOnce(index(words[1]));
      case "drop" -> cluster().drop(from(words[1]), to(words[1]));
      case "repeat" -> cluster().duplicate(from(words[1]), to(words[1]));
      case "block" -> blocked.add(words[1]);
      case "unblock" -> blocked.remove(words[1]);
      case "slow" -> slow.add(index(words[1]));
      case "fast" -> slow.remove(index(words[1]));
      case "force" -> node(words[1]).force(cluster().now());
      case "flush" -> node(words[1]).flush();
      case "cut" -> cluster().disconnect(index(words[1]), index(words[2]));
      case "heal" -> cluster().connect(index(words[1]), index(words[2]));
      case "crash" -> crash(words);
      case "restart" -> cluster().restart(index(words[1]));
      case "tick" -> cluster().tick(Long.parseLong(words[1]) * MILLISECOND);
      case "settle" -> settle(words);
      case "links" -> links(out);
      case "slots" -> slots(words, out);
      case "frames" -> {
        out.add((cluster().frames() - framesSeen) + " frames");
        framesSeen = cluster().frames();
      }
      default -> throw new IllegalArgumentException("no such command: " + String.join(" ", words));
    }
  }

  private void start(String[] words) {
    CommonCoin coin = CommonCoin.keyed(1, 2);
    if (words.length > 2) {
      coin =
          switch (words[2]) {
            case "heads" -> (epoch, slot, phase) -> true;
            case "tails" -> (epoch, slot, phase) -> false;
            case "split" -> (epoch, slot, phase) -> phase % 2 == 1;
            case "any" -> any;
            default -> throw new IllegalArgumentException("no such coin: " + words[2]);
          };
    }
    int alpha = words.length > 3 ? Integer.parseInt(words[3]) : ReplicaCluster.ALPHA;
    cluster = new ReplicaCluster(Integer.parseInt(words[1]), alpha, coin, offers, traced);
  }

  private static void check(String name, ReplicaNode begun) {
    if (name.charAt(0) != begun.name()) {
      throw new IllegalArgumentException("the next one is " + begun.name());
    }
  }

  /** As {@link io.rabia.engine.RabiaEngine} does, but whoever wants it. */
  private void change(String[] words) {
    ReplicaNode by = node(words[1]);
    Configuration newest = by.replica().configuration();
    List<Change.Entry> members = new ArrayList<>();
    for (char name : words[2].toCharArray()) {
      ReplicaNode member = node(String.valueOf(name));
      members.add(new Change.Entry(member.id, member.token, "", 0));
    }
    int alpha = words.length > 3 ? Integer.parseInt(words[3]) : newest.alpha();
    long epoch = words.length > 4 ? Long.parseLong(words[4]) : newest.epoch();
    by.change(new Change(epoch, alpha, members), cluster().now());
  }

  private void run() {
    cluster().run(frame -> !isBlocked(frame), node -> !isSlow(node.index));
  }

  private String link(ReplicaNode.Frame frame) {
    return cluster().node(frame.from()).name() + ">" + cluster().node(frame.to()).name();
  }

  private void deliver(String[] words) {
    int from = from(words[1]);
    int to = to(words[1]);
    int count = 1;
    if (words.length > 2) {
      count =
          words[2].equals("all") ? cluster().underWay(from, to).size() : Integer.parseInt(words[2]);
    }
    for (int i = 0; i < count; i++) {
      cluster().deliver(from, to);
    }
  }

  private void crash(String[] words) {
    ReplicaNode node = node(words[1]);
    int kept = node.durableGroups();
    if (words.length > 2) {
      kept = words[2].equals("all") ? node.groups() : Integer.parseInt(words[2]);
    }
    cluster().crash(node.index, kept);
  }

  private void settle(String[] words) {
    List<ReplicaNode> nodes = new ArrayList<>();
    for (int i = 0; i < cluster().size(); i++) {
      ReplicaNode node = cluster().node(i);
      if (words.length == 1 ? node.up() && !node.asleep() : List.of(words).contains(name(i))) {
        nodes.add(node);
      }
    }
    run();
    for (int ticks = 0; !ReplicaCluster.settled(nodes); ticks++) {
      InvariantViolation.check(ticks < MAX_TICKS, "does not settle");
      cluster().tick(MILLISECOND);
      run();
    }
  }

  private static String name(int index) {
    return String.valueOf((char) ('A' + index));
  }

  private void links(List<String> out) {
    for (int from = 0; from < cluster().size(); from++) {
      for (int to = 0; to < cluster().size(); to++) {
        for (ReplicaNode.Frame frame : cluster().underWay(from, to)) {
          out.add(link(frame) + " under way: " + Trace.describe(frame.messages()));
        }
      }
    }
  }

  private void slots(String[] words, List<String> out) {
    ReplicaNode node = node(words[1]);
    for (int slot = Integer.parseInt(words[2]); slot <= Integer.parseInt(words[3]); slot++) {
      var instance = node.replica().instance(slot);
      String what = "unheard of";
      if (slot < node.history().size()) {
        what = "applied " + BatchId.toString(node.history().get(slot));
      } else if (instance != null) {
        what =
            instance.decided()
                ? "decided " + BatchId.toString(instance.decidedId())
                : instance.stage().name().toLowerCase(Locale.ROOT)
                    + " of phase "
                    + instance.phase();
      }
      out.add(node.name() + " slot " + slot + ": " + what);
    }
  }

  private ReplicaNode node(String name) {
    return cluster().node(index(name));
  }

  private static int index(String name) {
    return name.charAt(0) - 'A';
  }

  private static int from(String link) {
    return link.charAt(0) - 'A';
  }

  private static int to(String link) {
    return link.charAt(2) - 'A';
  }
}
