package io.rabia.testing;

import io.rabia.core.persistence.Durability;
import io.rabia.core.statemachine.Codec;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.testing.linearizability.Bounds;
import io.rabia.testing.linearizability.History;
import io.rabia.testing.linearizability.LinearizabilityChecker;
import io.rabia.testing.linearizability.Model;
import io.rabia.testing.linearizability.Verdict;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tries a state machine on a cluster under faults: clients ask, fail over and write down what they
 * got; in the end every fault must have had an effect, every node must serve and hold the same, and
 * what the clients saw must be linearizable, by a model of what the state machine should do. Not
 * thread-safe; can be run more than once.
 *
 * <pre>{@code
 * ConsensusTestHarness.of(Counter::new, new CounterModel(), Codec.int64(), Codec.int64())
 *     .inputs(random -> random.nextLong(5))
 *     .queryWhen(add -> add == 0)
 *     .fault(Duration.ofMillis(200), new FaultType.NodeCrash(NodeId.of(1), Duration.ofSeconds(1)))
 *     .run();
 * }</pre>
 *
 * @param <I> what is asked
 * @param <O> what is answered
 * @param <S> the model's state
 */
public final class ConsensusTestHarness<I, O, S> {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /**
   * What happened.
   *
   * @param operations that clients tried
   * @param unknown of those, without an answer
   * @param keys parts of the state machine that were checked one by one
   * @param statistics of the network
   */
  public record Report(
      int operations, int unknown, int keys, NetworkSimulator.Statistics statistics) {}

  private final Supplier<? extends StateMachine> stateMachine;
  private final Model<I, O, S> model;
  private final Codec<I> inputCodec;
  private final Codec<O> outputCodec;
  private final List<FaultPlan.Entry> faults = new ArrayList<>();
  private @Nullable Function<Random, I> inputs;
  private Predicate<I> query = input -> false;
  private int nodes = 3;
  private int clients = 6;
  private int operations = 500;
  private long seed = 1;
  private Durability durability = Durability.FSYNC;
  private NetworkConditions conditions = NetworkConditions.perfect();
  private Bounds bounds = Bounds.defaults();

  private ConsensusTestHarness(
      Supplier<? extends StateMachine> stateMachine,
      Model<I, O, S> model,
      Codec<I> inputCodec,
      Codec<O> outputCodec) {
    this.stateMachine = stateMachine;
    this.model = model;
    this.inputCodec = inputCodec;
    this.outputCodec = outputCodec;
  }

  /**
   * @param stateMachine called for each life of each node
   * @param model what it should do
   * @param inputs of commands and queries
   * @param outputs of results and answers
   */
  public static <I, O, S> ConsensusTestHarness<I, O, S> of(
      Supplier<? extends StateMachine> stateMachine,
      Model<I, O, S> model,
      Codec<I> inputs,
      Codec<O> outputs) {
    return new ConsensusTestHarness<>(stateMachine, model, inputs, outputs);
  }

  /** Draws what is asked. Required. */
  public ConsensusTestHarness<I, O, S> inputs(Function<Random, I> inputs) {
    this.inputs = inputs;
    return this;
  }

  /** Which inputs go as linearizable queries. Default: none, everything is a command. */
  public ConsensusTestHarness<I, O, S> queryWhen(Predicate<I> query) {
    this.query = query;
    return this;
  }

  /** Default 3. */
  public ConsensusTestHarness<I, O, S> nodes(int nodes) {
    this.nodes = nodes;
    return this;
  }

  /** Spread over the nodes. Default 6. */
  public ConsensusTestHarness<I, O, S> clients(int clients) {
    this.clients = clients;
    return this;
  }

  /** How many are tried at least; the clients go on until the faults have ended. Default 500. */
  public ConsensusTestHarness<I, O, S> operations(int operations) {
    this.operations = operations;
    return this;
  }

  /** Draws inputs and the network's faults. Default 1. */
  public ConsensusTestHarness<I, O, S> seed(long seed) {
    this.seed = seed;
    return this;
  }

  /** What the nodes' logs keep. Default FSYNC, on disks in memory. */
  public ConsensusTestHarness<I, O, S> durability(Durability durability) {
    this.durability = durability;
    return this;
  }

  /** Until the faults have ended and everything is answered. Default perfect. */
  public ConsensusTestHarness<I, O, S> conditions(NetworkConditions conditions) {
    this.conditions = conditions;
    return this;
  }

  /** Of the check of the history. Default {@link Bounds#defaults}. */
  public ConsensusTestHarness<I, O, S> bounds(Bounds bounds) {
    this.bounds = bounds;
    return this;
  }

  /**
   * @param after so much time of load
   */
  public ConsensusTestHarness<I, O, S> fault(Duration after, FaultType fault) {
    faults.add(new FaultPlan.Entry(after, fault));
    return this;
  }

  /**
   * Runs it; takes about as long as the faults, and at most a minute and the check's bound more.
   *
   * @throws AssertionError that says what went wrong
   */
  public Report run() {
    Function<Random, I> draw = Objects.requireNonNull(inputs, "inputs");
    History<I, O> history = new History<>();
    try (TestCluster cluster = start()) {
      NetworkSimulator simulator = cluster.simulator();
      simulator.updateConditions(conditions);
      Clients load = new Clients(operations, PATIENCE.toNanos());
      load.start(
          cluster,
          clients,
          true,
          seed,
          (client, connection, random, patience) ->
              ask(history, client, connection, draw.apply(random), patience));
      List<InjectedFault> injected = new FaultPlan(faults).carryOut(simulator);
      injected.forEach(InjectedFault::awaitEnd);
      load.stop();
      cluster.requireNoneDied();
      simulator.heal();
      FaultPlan.requireFired(injected);
      cluster.awaitServing();
      cluster.awaitEqual();
      Verdict verdict = LinearizabilityChecker.check(model, history.operations(), bounds);
      verdict.require();
      return new Report(
          load.asked(),
          load.asked() - load.answered(),
          ((Verdict.Linearizable) verdict).keys(),
          simulator.statistics());
    }
  }

  private TestCluster start() {
    return TestCluster.builder()
        .nodes(nodes)
        .stateMachine(stateMachine)
        .durability(durability)
        .seed(seed)
        .start();
  }

  private boolean ask(
      History<I, O> history, int client, ClusterClient connection, I input, long patience) {
    byte[] encoded = inputCodec.encode(input);
    History<I, O>.Call call = history.invoke(client, input);
    byte[] answer =
        query.test(input)
            ? connection.read(encoded, patience)
            : connection.submit(encoded, patience);
    if (answer != null) {
      call.returned(outputCodec.decode(ByteBuffer.wrap(answer)));
    }
    return answer != null;
  }
}
