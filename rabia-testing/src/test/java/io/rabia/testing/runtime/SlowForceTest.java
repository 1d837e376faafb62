package io.rabia.testing.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.ClusterConfig;
import io.rabia.core.Command;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.message.Message;
import io.rabia.core.statemachine.InMemoryStateMachine;
import io.rabia.engine.EngineState;
import io.rabia.engine.RabiaEngine;
import io.rabia.network.InMemoryNetwork;
import io.rabia.testing.runtime.SlowLog.Promise;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Three engines on threads of their own, on disks whose force takes 50 ms. */
@Tag("integration")
@Timeout(60)
class SlowForceTest {
  private static final Duration FORCE = Duration.ofMillis(50);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final InMemoryNetwork network = new InMemoryNetwork();
  private final List<RabiaEngine> engines = new ArrayList<>();
  private final ConcurrentLinkedQueue<String> early = new ConcurrentLinkedQueue<>();
  private final AtomicInteger promisesSent = new AtomicInteger();
  private final AtomicInteger votesSent = new AtomicInteger();

  @BeforeEach
  void start() {
    ClusterConfig cluster = ClusterConfig.parse("1=a:1,2=b:2,3=c:3");
    for (ClusterConfig.Member member : cluster.members()) {
      SlowLog log = new SlowLog(FORCE);
      RabiaEngine engine =
          RabiaEngine.builder()
              .nodeId(member.id())
              .cluster(cluster)
              .stateMachine(new InMemoryStateMachine())
              .transport(
                  new WatchedTransport(
                      network.transport(member.id()), message -> sent(member.id(), log, message)))
              .persistence(log)
              .build();
      engines.add(engine);
      engine.start();
    }
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (engines.stream().anyMatch(e -> e.lastStatus().state() != EngineState.SERVING)) {
      assertThat(System.nanoTime() - deadline).as("serving").isNegative();
      Thread.onSpinWait();
    }
  }

  @AfterEach
  void stop() {
    engines.forEach(RabiaEngine::close);
  }

  /** On the engine's thread, as the message leaves it. */
  private void sent(NodeId from, SlowLog log, Message message) {
    Promise promise = Promise.of(message);
    if (promise == null) {
      return;
    }
    promisesSent.incrementAndGet();
    votesSent.addAndGet(promise.kind() == Message.Propose.class ? 0 : 1);
    Long group = log.groupOf(promise);
    if (group == null) {
      early.add(from + " never wrote " + message);
    } else if (log.durable() < group || log.age(group) < FORCE.toNanos()) {
      early.add(from + " sent after " + log.age(group) / 1_000_000 + " ms " + message);
    }
  }

  private CompletableFuture<byte[]> set(int member, String key) {
    return engines.get(member).submit(Command.of("SET " + key + " x"), PATIENCE);
  }

  private static String text(CompletableFuture<byte[]> future) {
    return new String(future.orTimeout(20, TimeUnit.SECONDS).join(), StandardCharsets.UTF_8);
  }

  @Test
  void noVoteOrProposalLeavesBeforeItsForceAndOneForceIsInThePathOfAnAnswer() {
    for (int i = 0; i < 12; i++) {
      assertThat(text(set(i % 3, "warm-up" + i))).isEqualTo("OK");
    }
    votesSent.set(0);
    for (int i = 0; i < 6; i++) {
      long start = System.nanoTime();
      assertThat(text(set(i % 3, "lone" + i))).isEqualTo("OK");
      assertThat(System.nanoTime() - start)
          .as("the owner's force and the others' at the same time")
          .isBetween(FORCE.toNanos(), 2 * FORCE.toNanos());
    }
    assertThat(votesSent.get()).as("n equal Proposes decide without any").isZero();
    List<CompletableFuture<byte[]>> together = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      together.add(set(i % 3, "together" + i));
    }
    assertThat(together).allSatisfy(future -> assertThat(text(future)).isEqualTo("OK"));
    assertThat(early).isEmpty();
    assertThat(promisesSent.get()).as("promises watched").isGreaterThan(100);
    assertThat(engines).allSatisfy(engine -> assertThat(engine.failure()).isEmpty());
  }

  @Test
  void manyCommandsShareAForce() {
    assertThat(text(set(0, "warm-up"))).isEqualTo("OK");
    long start = System.nanoTime();
    List<CompletableFuture<byte[]>> together = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      together.add(set(0, "k" + i));
    }
    assertThat(together).allSatisfy(future -> assertThat(text(future)).isEqualTo("OK"));
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .as("a thousand commands, each behind a force")
        .isLessThan(FORCE.multipliedBy(40));
    assertThat(early).isEmpty();
  }

  @Test
  void whoIsStoppedDuringAForceAnswersThatTheOutcomeIsUnknown() {
    assertThat(text(set(0, "warm-up"))).isEqualTo("OK");
    CompletableFuture<byte[]> waiting = set(0, "cut short");
    engines.get(0).abort();
    assertThat(waiting.handle((result, failure) -> failure).orTimeout(20, TimeUnit.SECONDS).join())
        .isInstanceOf(RabiaException.Closed.class);
  }
}
