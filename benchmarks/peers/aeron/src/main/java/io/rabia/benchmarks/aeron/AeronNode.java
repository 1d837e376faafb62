package io.rabia.benchmarks.aeron;

import io.aeron.archive.Archive;
import io.aeron.archive.ArchiveThreadingMode;
import io.aeron.archive.client.AeronArchive;
import io.aeron.cluster.ClusteredMediaDriver;
import io.aeron.cluster.ConsensusModule;
import io.aeron.cluster.service.ClusteredServiceContainer;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.rabia.benchmarks.port.EndOfInput;
import io.rabia.benchmarks.port.NodeArguments;
import java.io.File;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NoOpLock;

/**
 * A member of Aeron Cluster: media driver, archive, consensus module and service in one process,
 * with as few threads as they can have and idling by backing off, since the cores are shared;
 * buffers in shared memory ({@code aeron.dir}).
 */
public final class AeronNode {
  private static final int MTU = 8 << 10;
  private static final int WINDOW = 2 << 20;

  /** When a silent leader is one no more; SOFAJRaft's default. */
  private static final long LEADER_TIMEOUT = TimeUnit.SECONDS.toNanos(1);

  private static final long LEADER_INTERVAL = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long ELECTION_TIMEOUT = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long ELECTION_INTERVAL = TimeUnit.MILLISECONDS.toNanos(20);

  private AeronNode() {}

  /** Backs off to sleeps of 50 us. */
  static IdleStrategy idle() {
    return new BackoffIdleStrategy(
        10, 20, TimeUnit.MICROSECONDS.toNanos(1), TimeUnit.MICROSECONDS.toNanos(50));
  }

  /** Of this process, in {@code aeron.dir}; lengths as in Aeron's own benchmarks. */
  static MediaDriver.Context driver() {
    return new MediaDriver.Context()
        .threadingMode(ThreadingMode.SHARED)
        .sharedIdleStrategy(idle())
        .mtuLength(MTU)
        .ipcMtuLength(MTU)
        .socketSndbufLength(WINDOW)
        .socketRcvbufLength(WINDOW)
        .initialWindowLength(WINDOW)
        .dirDeleteOnStart(true);
  }

  /** Serves until standard input ends. */
  public static void main(String[] arguments) throws InterruptedException {
    EndOfInput.endsProcess();
    NodeArguments node = NodeArguments.parse(arguments);
    int syncLevel = node.fsync() ? 1 : 0;
    Archive.Context archive =
        new Archive.Context()
            .archiveDir(new File(node.directory().toFile(), "archive"))
            .controlChannel(udp(node.memberPort(node.index(), 3)))
            .localControlChannel("aeron:ipc?term-length=64k")
            .replicationChannel(udp(0))
            .recordingEventsEnabled(false)
            .threadingMode(ArchiveThreadingMode.SHARED)
            .idleStrategySupplier(AeronNode::idle)
            .fileSyncLevel(syncLevel)
            .catalogFileSyncLevel(syncLevel);
    AeronArchive.Context archiveClient =
        new AeronArchive.Context()
            .lock(NoOpLock.INSTANCE)
            .controlRequestChannel(archive.localControlChannel())
            .controlResponseChannel(archive.localControlChannel());
    File cluster = new File(node.directory().toFile(), "cluster");
    ConsensusModule.Context consensus =
        new ConsensusModule.Context()
            .clusterMemberId(node.index())
            .clusterMembers(members(node))
            .clusterDir(cluster)
            .ingressChannel("aeron:udp?term-length=1m")
            .logChannel("aeron:udp?term-length=16m")
            .replicationChannel(udp(0))
            .archiveContext(archiveClient.clone())
            .idleStrategySupplier(AeronNode::idle)
            .leaderHeartbeatTimeoutNs(LEADER_TIMEOUT)
            .leaderHeartbeatIntervalNs(LEADER_INTERVAL)
            .electionTimeoutNs(ELECTION_TIMEOUT)
            .electionStatusIntervalNs(ELECTION_INTERVAL)
            .fileSyncLevel(syncLevel);
    ClusteredServiceContainer.Context service =
        new ClusteredServiceContainer.Context()
            .clusterDir(cluster)
            .archiveContext(archiveClient.clone())
            .clusteredService(new AeronService())
            .idleStrategySupplier(AeronNode::idle);
    ClusteredMediaDriver.launch(driver(), archive, consensus);
    ClusteredServiceContainer.launch(service);
    new CountDownLatch(1).await();
  }

  private static String udp(int port) {
    return "aeron:udp?endpoint=" + NodeArguments.HOST + ":" + port;
  }

  /** {@code id,ingress,consensus,log,catch-up,archive|...}. */
  private static String members(NodeArguments node) {
    StringBuilder members = new StringBuilder();
    for (int i = 0; i < node.members(); i++) {
      members.append(i == 0 ? "" : "|").append(i).append(',');
      members.append(NodeArguments.HOST).append(':').append(node.clientPorts().get(i));
      for (int which = 0; which < NodeArguments.PORTS; which++) {
        members.append(',').append(NodeArguments.HOST);
        members.append(':').append(node.memberPort(i, which));
      }
    }
    return members.toString();
  }
}
