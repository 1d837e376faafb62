package io.rabia.examples;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.persistence.Durability;
import io.rabia.engine.CompositeStateMachine;
import io.rabia.engine.RabiaEngine;
import io.rabia.kvstore.EventPosition;
import io.rabia.kvstore.KVStore;
import io.rabia.kvstore.KVStoreConfig;
import io.rabia.kvstore.KvEvent;
import io.rabia.kvstore.KvStateMachine;
import io.rabia.kvstore.NotificationFilter;
import io.rabia.kvstore.StoreError;
import io.rabia.kvstore.StoreException;
import io.rabia.leader.LeaderConfig;
import io.rabia.leader.LeaderEvent;
import io.rabia.leader.LeaderManager;
import io.rabia.leader.LeaderNotificationFilter;
import io.rabia.leader.LeaderStateMachine;
import io.rabia.network.NettyTransport;
import io.rabia.persistence.FilePersistence;
import io.rabia.persistence.FilePersistenceConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One process of {@link LeaderElection}: a member with a store and leadership on one log, which
 * writes its term into a register while it leads. It prints a line for whatever happens to it.
 */
final class LeaderNode {
  private static final String REGISTER = "register";
  private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1000);

  private final LeaderManager leader;
  private long leading;
  private long highest;
  private @Nullable KVStore fenced;
  private long fencedTerm;

  private LeaderNode(LeaderManager leader) {
    this.leader = leader;
  }

  /**
   * Arguments: id, members, directory, milliseconds between heartbeats; and the last token of this
   * process' life before, if it had one, to be tried again.
   */
  public static void main(String[] arguments) {
    NodeId id = NodeId.of(Integer.parseInt(arguments[0]));
    ClusterConfig cluster = ClusterConfig.parse(arguments[1]);
    Duration heartbeat = Duration.ofMillis(Long.parseLong(arguments[3]));
    RabiaEngine engine =
        RabiaEngine.builder()
            .nodeId(id)
            .cluster(cluster)
            .stateMachine(
                CompositeStateMachine.of(
                    Map.of(
                        "kv", new KvStateMachine(KVStoreConfig.defaults()),
                        "leader", new LeaderStateMachine())))
            .transport(NettyTransport.builder(id, cluster).build())
            .persistence(
                new FilePersistence(
                    Path.of(arguments[2]),
                    FilePersistenceConfig.builder().durability(Durability.OS).build()))
            .build();
    engine.start();
    LeaderManager leader = LeaderManager.on(engine, "leader", config(heartbeat));
    LeaderNode node = new LeaderNode(leader);
    leader.bus().subscribe(LeaderNotificationFilter.leadership(), LeaderNode::print);
    KVStore store = KVStore.on(CompositeStateMachine.part(engine, "kv"), KVStoreConfig.defaults());
    store.subscribe(NotificationFilter.key(REGISTER), EventPosition.fromSlot(0), node::written);
    leader.campaign();
    System.out.println("READY");
    if (arguments.length > 4) {
      node.tryAgain(Long.parseLong(arguments[4]));
    }
    node.run();
  }

  static LeaderConfig config(Duration heartbeat) {
    return LeaderConfig.builder()
        .heartbeatInterval(heartbeat)
        .leaderTimeout(heartbeat.multipliedBy(5))
        .electionTimeout(heartbeat.multipliedBy(8))
        .build();
  }

  private static void print(LeaderEvent event) {
    if (event instanceof LeaderEvent.LeaderElected elected) {
      System.out.println("ELECTED " + elected.leader().name() + " term=" + elected.term());
    }
  }

  /** The register's values are terms, and never go back; all that it ever had come by here. */
  private void written(KvEvent event) {
    byte @Nullable [] term = event.newValue();
    long value = term == null ? 0 : Long.parseLong(new String(term, StandardCharsets.UTF_8));
    if (value < highest) {
      System.out.println("DISORDER " + value + " after " + highest);
    } else if (value > highest) {
      highest = value;
      System.out.println("REGISTER " + value);
    }
  }

  /** With the token of a term that is over, whatever this process thinks. */
  private void tryAgain(long oldTerm) {
    try (KVStore old = KVStore.on(leader.fenced("kv", oldTerm), KVStoreConfig.defaults())) {
      String answer = write(old, oldTerm);
      while (!answer.equals("written") && !answer.equals("refused")) {
        answer = write(old, oldTerm);
      }
      System.out.println("OLD_TOKEN " + answer);
    }
  }

  private void run() {
    long asked = System.nanoTime();
    while (!Thread.currentThread().isInterrupted()) {
      long now = System.nanoTime();
      OptionalLong token = leader.token();
      if (now - asked > PAUSE_NANOS) {
        awake(token.isPresent());
      }
      asked = System.nanoTime();
      if (token.orElse(0) != leading) {
        leading = token.orElse(0);
        System.out.println(leading != 0 ? "LEADING term=" + leading : "FOLLOWING");
      }
      token.ifPresent(this::write);
      LockSupport.parkNanos(STEP_NANOS);
    }
  }

  /** This process was paused; what it had a token for it tries to write with the old one. */
  private void awake(boolean leads) {
    System.out.println("AWAKE leader=" + leads);
    if (fenced != null && leading != 0) {
      System.out.println("OLD_TOKEN " + write(fenced, fencedTerm));
    }
  }

  private void write(long term) {
    if (term != fencedTerm || fenced == null) {
      if (fenced != null) {
        fenced.close();
      }
      fenced = KVStore.on(leader.fenced("kv", term), KVStoreConfig.defaults());
      fencedTerm = term;
    }
    String answer = write(fenced, term);
    if (!answer.equals("written")) {
      System.out.println("WRITE " + answer);
    }
  }

  private static String write(KVStore store, long term) {
    try {
      store.transaction(tx -> tx.set(REGISTER, Long.toString(term)));
      return "written";
    } catch (StoreException e) {
      return e.error() == StoreError.FENCED ? "refused" : e.error().toString();
    }
  }
}
