package io.rabia.testing.sim;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.Quorum;
import io.rabia.core.RabiaException;
import io.rabia.engine.ClusterView;
import io.rabia.engine.ResultHandler;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Changes who the members are ({@link Fault#MEMBERS}), and has members come back without anything
 * that they knew, while their old process may wake again ({@link Fault#WIPE}). Every life of a
 * member's votes has a machine of its own. One thread.
 */
final class MemberFaults {
  private static final int FEWEST = 3;
  private static final int MOST = 5;
  private static final long TIMEOUT = 2 * SimClock.SECOND;
  private static final long GHOST = 3 * SimClock.SECOND;
  private static final long GIVES_UP = 40 * SimClock.SECOND;

  private final Simulation world;
  private final SimRandom random;
  private boolean stopped;

  /**
   * So many have come: each has an id of its own, as processes of one id are one member's lives.
   */
  private int joined;

  MemberFaults(Simulation world, SimRandom random) {
    this.world = world;
    this.random = random;
  }

  void stop() {
    stopped = true;
  }

  // ---- changes

  /** Adds, removes or replaces a member, or changes the window. */
  void change() {
    SimNode proposer = serving();
    if (stopped || proposer == null) {
      return;
    }
    ClusterView view = proposer.view();
    int size = view.members().size();
    switch (random.below(4)) {
      case 0 -> {
        if (size < MOST) {
          join(view, null);
        }
      }
      case 1 -> {
        if (size > FEWEST) {
          propose(view.without(any(view)), 1);
        }
      }
      case 2 -> join(view, any(view));
      default -> propose(view.withAlpha(8 << random.below(5)), 1);
    }
  }

  private NodeId any(ClusterView view) {
    return view.members().get(random.below(view.members().size())).id();
  }

  /** A node that never was there is started, and is to become a member soon, in another's place. */
  private void join(ClusterView view, @Nullable NodeId leaves) {
    SimNode machine = world.freeMachine();
    if (machine == null) {
      return;
    }
    NodeId id = NodeId.of(world.size() + ++joined);
    machine.become(id);
    machine.start();
    ClusterView next = leaves == null ? view : view.without(leaves);
    ClusterView with = next.with(id, "node" + id, 1);
    world.clock().after(random.between(200, 1500) * SimClock.MILLI, () -> propose(with, 8));
    world
        .clock()
        .after(
            GIVES_UP,
            () -> {
              if (!stopped && machine.nodeId().equals(id) && !world.isMember(id)) {
                machine.retire();
              }
            });
  }

  private void propose(ClusterView next, int attempts) {
    SimNode proposer = serving();
    if (stopped || attempts == 0) {
      return;
    }
    if (proposer == null) {
      again(next, attempts);
      return;
    }
    world.trace().node(proposer.index(), () -> "is asked for " + next);
    proposer.change(
        next,
        TIMEOUT,
        new ResultHandler() {
          @Override
          public void onResult(byte[] result) {
            world.trace().line("faults", () -> "MEMBERS: changed to " + next);
            world.faults().fired(Fault.MEMBERS);
            if (random.chance(0.5)) {
              world.clock().after(random.between(0, 5 * SimClock.MILLI), () -> follow());
            }
          }

          @Override
          public void onFailure(RabiaException failure) {
            world.trace().line("faults", () -> "MEMBERS: " + failure);
            if (isPending(failure)) {
              world.clock().after(2 * SimClock.MILLI, () -> propose(next, attempts - 1));
            } else if (failure.retryable()) {
              again(next, attempts);
            }
          }
        });
  }

  /** The next change comes as soon as it may: in the first slots that the one before governs. */
  private void follow() {
    SimNode proposer = serving();
    if (proposer != null) {
      propose(proposer.view().withAlpha(8 << random.below(5)), 50);
    }
  }

  private static boolean isPending(RabiaException failure) {
    return failure instanceof RabiaException.ChangeRefused refused
        && refused.reason() == RabiaException.ChangeRefused.Reason.PENDING;
  }

  private void again(ClusterView next, int attempts) {
    world.clock().after(500 * SimClock.MILLI, () -> propose(next, attempts - 1));
  }

  private @Nullable SimNode serving() {
    List<SimNode> serving = new ArrayList<>();
    for (int i = 0; i < world.size(); i++) {
      if (world.node(i).isServing()) {
        serving.add(world.node(i));
      }
    }
    return serving.isEmpty() ? null : serving.get(random.below(serving.size()));
  }

  // ---- lost disks

  /**
   * A member comes back on another machine, with its id and nothing else. Of five or more members a
   * second one may do so before the first has a vote again: those that have one are a quorum still.
   * Not while members change: of those who govern next they might be none.
   */
  void wipe() {
    SimNode asked = serving();
    SimNode machine = world.freeMachine();
    if (stopped || asked == null || machine == null) {
      return;
    }
    ClusterView view = asked.view();
    List<SimNode> voters = voters(view);
    int missing = view.members().size() - voters.size();
    boolean mayMiss = missing == 0 || !world.faults().has(Fault.MEMBERS);
    if (!mayMiss || voters.size() - 1 < Quorum.size(view.members().size())) {
      return;
    }
    SimNode victim = voters.get(random.below(voters.size()));
    world.faults().fired(Fault.WIPE);
    world
        .trace()
        .line(
            "faults",
            () ->
                "WIPE: node "
                    + (machine.index() + 1)
                    + " in place of "
                    + (victim.index() + 1)
                    + (missing == 0 ? "" : ", while " + missing + " of the members do not serve"));
    if (random.chance(0.5)) {
      long pause = random.magnitude(SimClock.SECOND, 10 * SimClock.SECOND);
      victim.pause(pause);
      victim.haunts();
      world
          .clock()
          .after(
              pause + GHOST,
              () -> {
                if (victim.isGhost()) {
                  victim.retire();
                }
              });
    } else {
      victim.crash(random.chance(0.5));
      victim.retire();
    }
    machine.become(victim.nodeId());
    world.clock().after(random.between(5, 2000) * SimClock.MILLI, machine::start);
  }

  /** Where the votes are of those who govern now, as far as they serve and know it. */
  private List<SimNode> voters(ClusterView view) {
    List<SimNode> voters = new ArrayList<>();
    for (ClusterConfig.Member member : view.members()) {
      SimNode node = world.voter(member.id());
      if (node != null && node.view().epoch() == view.epoch()) {
        voters.add(node);
      }
    }
    return voters;
  }
}
