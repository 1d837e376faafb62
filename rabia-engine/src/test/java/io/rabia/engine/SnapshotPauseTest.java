package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.CommonCoin;
import io.rabia.core.NodeId;
import io.rabia.core.Token;
import io.rabia.core.batching.BatchConfig;
import io.rabia.core.batching.CommandBatcher;
import io.rabia.core.memory.MemoryPool;
import io.rabia.engine.SnapshotServer.Fetched;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.Init;
import io.rabia.engine.protocol.Replica;
import io.rabia.engine.protocol.Sessions;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * How long the engine's thread stands still for a snapshot, beside the state machine's view: with
 * as many sessions as there may be, each with a result, and the applied-batch table of the widest
 * window; and for the hash of these.
 */
class SnapshotPauseTest {
  private static final int MEMBERS = 7;
  private static final int ALPHA = 4096;
  private static final int ROUNDS = 9;
  private static final long MOST = TimeUnit.MILLISECONDS.toNanos(20);

  private final Deque<Runnable> aside = new ArrayDeque<>();
  private final MemoryLog log = new MemoryLog();
  private final Init init = new Init("test", members(), ALPHA, 0, TestCluster.WALL_CLOCK);
  private final PendingResults pending = new PendingResults(new Completions(Runnable::run), 16);
  private final Applier applier =
      new Applier(
          new Journal(),
          pending,
          new SessionKeeper(new CommandBatcher(BatchConfig.defaults()), pending, 60, 16));
  private final Replica replica =
      new Replica(
          init.configuration(),
          NodeId.of(1),
          init.founder(),
          (epoch, slot, phase) -> false,
          new Offline(),
          RabiaConfig.defaults().timing(),
          TestCluster.WALL_CLOCK,
          64,
          1 << 20,
          0);
  private final Snapshots snapshots = snapshots();
  private long slot = 1;

  private static List<Configuration.Member> members() {
    List<Configuration.Member> members = new ArrayList<>();
    for (int id = 1; id <= MEMBERS; id++) {
      members.add(new Configuration.Member(NodeId.of(id), new Token(1, id), id - 1, "host", id));
    }
    return members;
  }

  private Snapshots snapshots() {
    EngineAgent.Parts parts =
        new EngineAgent.Parts(
            NodeId.of(1),
            TestCluster.config(MEMBERS).alpha(ALPHA).build(),
            RabiaConfig.defaults(),
            new Journal(),
            new LonelyTransport(),
            log,
            MemoryPool.shared(),
            Runnable::run,
            aside::add,
            new EngineListener() {},
            CommonCoin::keyed);
    SnapshotHead head = new SnapshotHead(NodeId.of(1), init.founder(), init);
    return new Snapshots(
        parts,
        () -> head,
        replica,
        applier,
        new LogCatchUp(log, ALPHA),
        new SnapshotRequests(pending, () -> head),
        0);
  }

  private void command(long session, long number) {
    byte[] result = ByteBuffer.allocate(19).putLong(session).array();
    applier.sessions().apply(session, number, number, slot++, () -> result);
  }

  private long[] openAll() {
    long[] ids = new long[Sessions.MAX_SESSIONS];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = applier.sessions().open(slot++, 0);
      command(ids[i], 1);
    }
    return ids;
  }

  /** Of this thread alone, whatever else the machine does. */
  private static long nanosOf(Runnable work) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long start = threads.getCurrentThreadCpuTime();
    work.run();
    return threads.getCurrentThreadCpuTime() - start;
  }

  private static long median(long[] nanos) {
    Arrays.sort(nanos);
    return nanos[nanos.length / 2];
  }

  @Test
  void aFullTableOfSessionsDoesNotHoldUpTheThread() {
    long[] ids = openAll();
    long[] beginning = new long[ROUNDS];
    long[] hashing = new long[ROUNDS];
    long[] changing = new long[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      long number = round + 2L;
      beginning[round] =
          nanosOf(() -> snapshots.advance(0, 0, true, true, Fetched.NOTHING, number));
      snapshots.advance(0, 0, false, true, Fetched.NOTHING, number);
      changing[round] =
          nanosOf(
              () -> {
                for (long id : ids) {
                  command(id, number);
                }
              });
      aside.remove().run();
      snapshots.advance(0, 0, false, true, Fetched.NOTHING, number);
      hashing[round] = nanosOf(() -> applier.stateHash(replica));
    }
    System.out.printf(
        "%d sessions: a snapshot stops the thread for %d us, a hash for %d us; a command in each"
            + " after it: %d us%n",
        ids.length,
        TimeUnit.NANOSECONDS.toMicros(median(beginning)),
        TimeUnit.NANOSECONDS.toMicros(median(hashing)),
        TimeUnit.NANOSECONDS.toMicros(median(changing)));
    assertThat(log.snapshots()).isEqualTo(ROUNDS);
    assertThat(median(beginning)).isLessThan(MOST);
  }
}
