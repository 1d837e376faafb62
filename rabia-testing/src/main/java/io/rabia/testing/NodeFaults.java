package io.rabia.testing;

import io.rabia.core.NodeId;
import io.rabia.testing.FaultType.BitFlip;
import io.rabia.testing.FaultType.ClockSkew;
import io.rabia.testing.FaultType.DiskFull;
import io.rabia.testing.FaultType.FsyncFailure;
import io.rabia.testing.FaultType.NodeCrash;
import io.rabia.testing.FaultType.NodeRestart;
import io.rabia.testing.FaultType.Pause;
import io.rabia.testing.FaultType.SlowNode;
import io.rabia.testing.FaultType.TornWrite;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/** Begins the faults that concern one node. */
final class NodeFaults {
  private NodeFaults() {}

  static InjectedFault begin(FaultType fault, Function<NodeId, TestNode> nodes, Random random) {
    if (fault instanceof NodeCrash crash) {
      TestNode node = nodes.apply(crash.node());
      return down(fault, node, () -> node.kill(crash.losesDisk() ? node.disk()::wipe : () -> {}));
    }
    if (fault instanceof NodeRestart restart) {
      TestNode node = nodes.apply(restart.node());
      return down(fault, node, node::stop);
    }
    if (fault instanceof BitFlip flip) {
      TestNode node = nodes.apply(flip.node());
      return down(fault, node, () -> node.kill(() -> node.disk().flipBit(random)));
    }
    if (fault instanceof Pause pause) {
      TestNode node = nodes.apply(pause.node());
      InjectedFault injected = new InjectedFault(fault, node.gate()::heldUp, node::resume);
      node.pause();
      return injected;
    }
    if (fault instanceof SlowNode slow) {
      Gate gate = nodes.apply(slow.node()).gate();
      InjectedFault injected = new InjectedFault(fault, gate::heldUp, () -> gate.delay(0));
      gate.delay(slow.delay().toNanos());
      return injected;
    }
    return fault instanceof ClockSkew skew
        ? skew(skew, nodes.apply(skew.node()).clock())
        : disk(fault, nodes);
  }

  private static InjectedFault down(FaultType fault, TestNode node, Runnable death) {
    LongAdder strikes = new LongAdder();
    InjectedFault injected =
        new InjectedFault(
            fault,
            strikes::sum,
            () -> {
              node.startAgain();
              node.inTrouble(false);
            });
    node.inTrouble(true);
    if (node.isRunning()) {
      death.run();
      strikes.increment();
    }
    return injected;
  }

  private static InjectedFault skew(ClockSkew skew, TestClock clock) {
    LongAdder strikes = new LongAdder();
    InjectedFault injected =
        new InjectedFault(skew, strikes::sum, () -> clock.skew(Duration.ZERO, 1));
    clock.skew(skew.jump(), skew.rate());
    strikes.increment();
    return injected;
  }

  private static InjectedFault disk(FaultType fault, Function<NodeId, TestNode> nodes) {
    if (fault instanceof TornWrite torn) {
      TestNode node = nodes.apply(torn.node());
      return failing(
          fault, node, true, on -> node.disk().tearNextWrite(on), node.disk()::powerBack);
    }
    if (fault instanceof DiskFull full) {
      TestNode node = nodes.apply(full.node());
      return failing(fault, node, false, on -> node.disk().full(on), () -> {});
    }
    TestNode node = nodes.apply(((FsyncFailure) fault).node());
    return failing(fault, node, true, on -> node.disk().failNextForce(on), () -> {});
  }

  private interface Switch {
    void turn(boolean on);
  }

  /**
   * @param stops whether the node stops by itself when this strikes
   */
  private static InjectedFault failing(
      FaultType fault, TestNode node, boolean stops, Switch trouble, Runnable afterwards) {
    long before = node.disk().failures();
    InjectedFault injected =
        new InjectedFault(
            fault,
            node.disk()::failures,
            () -> {
              trouble.turn(false);
              node.startAgainIfFailed(stops && node.disk().failures() > before, afterwards);
              node.inTrouble(false);
            });
    node.inTrouble(true);
    trouble.turn(true);
    return injected;
  }
}
