package io.rabia.testing.explore;

import io.rabia.core.BatchId;
import io.rabia.core.InvariantViolation;
import io.rabia.core.NodeId;
import io.rabia.core.StateValue;
import io.rabia.core.Token;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.SlotInstance;
import io.rabia.engine.protocol.SlotInstance.Stage;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Visits every state that one slot of the production {@link SlotInstance} can reach under a {@link
 * SlotModel}, and holds each against protocol.md section 9. What was sent can be received for ever,
 * by anyone, any number of times, or never; a replica that moves no more has crashed; one that
 * restarts has only its own messages. A depth-first search with hashed states. One thread, one use.
 */
public final class SlotExplorer {

  /**
   * What was visited.
   *
   * @param states distinct states of all replicas together with all that was sent
   * @param transitions moves tried
   * @param messageSets distinct sets of sent messages
   * @param messageSetsChecksum equal for equal sets of those
   * @param localStates distinct states of a single replica, summed over the replicas
   * @param decisions what was decided, with the phase
   */
  public record Result(
      long states,
      long transitions,
      long messageSets,
      long messageSetsChecksum,
      long localStates,
      List<String> decisions) {}

  private record Node(byte[] state, @Nullable Node parent, int actor, Action action, int message) {}

  private enum Action {
    PROPOSES,
    RECEIVES,
    EVALUATES,
    HEARS_SOME,
    HEARS_ITS_ROUND,
    HEARS_EVERYTHING,
    HEARS_A_LATER_PHASE,
    RESTARTS
  }

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
  private static final byte UNDECIDED = 0;

  private final SlotModel model;
  private final int n;
  private final Configuration configuration;
  private final LocalStates[] locals;
  private final SlotInstance observer = new SlotInstance();
  private final SentMessages sent;
  private final Deliveries deliveries;
  private final Fingerprints visited = new Fingerprints();
  private final Fingerprints messageSets = new Fingerprints();
  private final ArrayDeque<Node> open = new ArrayDeque<>();
  private final TreeSet<String> decisions = new TreeSet<>();
  private final byte[] next;
  private final int decidedAt;

  private Node current;
  private int actor;
  private int local;
  private int commonCoins;
  private long transitions;

  public SlotExplorer(SlotModel model) {
    this.model = model;
    n = model.size();
    List<Configuration.Member> members = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      members.add(new Configuration.Member(NodeId.of(i + 1), new Token(1, i + 1), i, "", 0));
    }
    configuration = new Configuration(0, 0, 8, members);
    sent = new SentMessages(n, model.lastPhase());
    deliveries = new Deliveries(sent, n, model.lastPhase());
    locals = new LocalStates[n];
    for (int i = 0; i < n; i++) {
      locals[i] = new LocalStates(configuration, i);
    }
    decidedAt = sent.length() + n * Integer.BYTES;
    next = new byte[decidedAt + 2];
    current = start();
  }

  /**
   * Visits everything; an {@link InvariantViolation} tells the way to the first state that breaks a
   * rule.
   */
  public Result explore() {
    int patterns = model.coin() == SlotModel.Coin.COMMON ? 1 << model.lastPhase() : 1;
    for (commonCoins = 0; commonCoins < patterns; commonCoins++) {
      current = start();
      visited.add(current.state, current.state.length);
      open.addLast(current);
      while (!open.isEmpty()) {
        current = open.removeLast();
        expand();
      }
    }
    long localStates = 0;
    for (LocalStates states : locals) {
      localStates += states.count();
    }
    return new Result(
        visited.size(),
        transitions,
        messageSets.size(),
        messageSets.checksum(),
        localStates,
        List.copyOf(decisions));
  }

  /** A common coin is a part of the state from the start. */
  private Node start() {
    byte[] state = new byte[next.length];
    state[decidedAt + 1] = (byte) commonCoins;
    return new Node(state, null, 0, Action.PROPOSES, 0);
  }

  private void expand() {
    Action action = Action.PROPOSES;
    try {
      for (actor = 0; actor < n; actor++) {
        sent.load(current.state);
        local = (int) INTS.get(current.state, sent.length() + actor * Integer.BYTES);
        Stage stage = locals[actor].stage(local);
        action = Action.PROPOSES;
        if (stage == Stage.IDLE) {
          propose();
        }
        action = Action.EVALUATES;
        if (stage != Stage.DECIDED && locals[actor].phase(local) <= model.lastPhase()) {
          switch (model.delivery()) {
            case SINGLE -> {
              deliverEach();
              evaluate(local, Action.EVALUATES, 0);
            }
            case SUBSETS -> hearSubsets(0, local);
            case BATCHED, FORGETFUL -> deliverRounds(stage, locals[actor].phase(local));
          }
        }
        action = Action.RESTARTS;
        if (model.restarts()) {
          restart();
        }
      }
    } catch (InvariantViolation violation) {
      throw new InvariantViolation(
          violation.getMessage() + "\n  " + model.describe() + trace(action), violation);
    }
  }

  // ---- moves; each starts from the current state

  private void propose() {
    transitions++;
    long id = model.proposals().get(actor);
    if (sent.code(actor, 0) != 0) {
      // Whoever forgot its proposal can propose anything.
      id = id == BatchId.NOOP ? SentMessages.M1 : BatchId.NOOP;
    }
    sent.add(actor, 0, SentMessages.proposalCode(id));
    push(locals[actor].propose(local, id), Action.PROPOSES, 0);
    sent.load(current.state);
  }

  private void restart() {
    transitions++;
    push(locals[actor].restore(sent.all(actor), deliveries), Action.RESTARTS, 0);
  }

  private void deliverEach() {
    for (int message = 0; message < deliveries.count(); message++) {
      transitions++;
      push(deliver(local, message), Action.RECEIVES, message);
    }
  }

  /** The acting replica's state after a message, if that was sent by another one. */
  private int deliver(int state, int message) {
    byte code = deliveries.code(message);
    return canHear(message) ? locals[actor].deliver(state, message, code, deliveries) : state;
  }

  /** Every subset of what others sent, oldest first. */
  private void hearSubsets(int from, int state) {
    int message = from;
    while (message < deliveries.count() && !canHear(message)) {
      message++;
    }
    if (message == deliveries.count()) {
      evaluate(state, Action.HEARS_SOME, 0);
    } else {
      hearSubsets(message + 1, state);
      hearSubsets(message + 1, deliver(state, message));
    }
  }

  private boolean canHear(int message) {
    return deliveries.code(message) != 0 && deliveries.sender(message) != actor;
  }

  private void deliverRounds(Stage stage, int phase) {
    int start = deliveries.roundStart(stage, phase);
    int speakers = stage == Stage.IDLE ? 0 : speakers(start);
    for (int senders = speakers; ; senders = (senders - 1) & speakers) {
      evaluate(hear(local, start, senders), Action.HEARS_ITS_ROUND, senders);
      evaluate(hear(hearAllBut(start), start, senders), Action.HEARS_EVERYTHING, senders);
      if (stage == Stage.EXCHANGE) {
        hearOfAnId(start, senders);
      }
      if (senders == 0) {
        break;
      }
    }
    for (int message = 0; message < deliveries.count(); message++) {
      if (deliveries.isVote1Above(message, phase)) {
        evaluate(deliver(local, message), Action.HEARS_A_LATER_PHASE, message);
      }
    }
  }

  /**
   * Only in phase 0 can a split leave a replica without an id, so only there does a vote of another
   * round change what is sent: with any subset of those.
   */
  private void hearOfAnId(int start, int senders) {
    int heard = hear(local, start, senders);
    LocalStates.Move move = locals[actor].evaluate(heard, false, 0);
    if (move.codes().length > 0
        && SentMessages.value(move.codes()[0]) == StateValue.CODE_VQUESTION) {
      hearSubsets(start + n, heard);
    }
  }

  /** The members but the acting one that sent a message of the round. */
  private int speakers(int start) {
    int speakers = 0;
    for (int from = 0; from < n; from++) {
      speakers |= from != actor && deliveries.code(start + from) != 0 ? 1 << from : 0;
    }
    return speakers;
  }

  private int hear(int state, int start, int senders) {
    int heard = state;
    for (int from = 0; from < n; from++) {
      heard = (senders >>> from & 1) != 0 ? deliver(heard, start + from) : heard;
    }
    return heard;
  }

  private int hearAllBut(int start) {
    int heard = local;
    for (int message = 0; message < deliveries.count(); message++) {
      heard = message < start || message >= start + n ? deliver(heard, message) : heard;
    }
    return heard;
  }

  /** Patient and impatient, with every side of the coin if it is asked. */
  private void evaluate(int state, Action action, int message) {
    if (locals[actor].stage(state) == Stage.DECIDED) {
      transitions++;
      push(state, action, message);
      return;
    }
    boolean common = model.coin() == SlotModel.Coin.COMMON;
    int coins = common ? commonCoins : 0;
    LocalStates.Move patient;
    LocalStates.Move impatient;
    do {
      patient = locals[actor].evaluate(state, true, coins);
      apply(patient, action, message);
      impatient = locals[actor].evaluate(state, false, coins);
      if (!impatient.does(patient)) {
        apply(impatient, action, message);
      }
    } while (!common
        && (patient.coinUsed() || impatient.coinUsed())
        && ++coins < 1 << model.lastPhase());
  }

  private void apply(LocalStates.Move move, Action action, int message) {
    transitions++;
    for (int i = 0; i < move.rounds().length; i++) {
      sent.add(actor, move.rounds()[i], move.codes()[i]);
    }
    push(move.next(), action, message);
    if (move.rounds().length > 0) {
      sent.load(current.state);
    }
  }

  // ---- states

  private void push(int after, Action action, int message) {
    int state = after;
    if (model.delivery().forgets()) {
      if (locals[actor].stage(state) == Stage.DECIDED) {
        observeDecision(locals[actor].decidedPhase(state), locals[actor].decidedId(state));
      }
      state = locals[actor].restore(sent.all(actor), deliveries);
    }
    System.arraycopy(
        current.state, sent.length(), next, sent.length(), next.length - sent.length());
    sent.save(next);
    INTS.set(next, sent.length() + actor * Integer.BYTES, state);
    if (locals[actor].stage(state) == Stage.DECIDED) {
      decision(locals[actor].decidedPhase(state), locals[actor].decidedId(state));
    }
    if (messageSets.add(next, sent.length())) {
      observe();
    }
    if (visited.add(next, next.length)) {
      open.addLast(new Node(next.clone(), current, actor, action, message));
    }
  }

  /** Whoever hears everything of a phase decides what anyone could decide in it. */
  private void observe() {
    long first = 0;
    boolean any = false;
    for (int phase = 0; phase <= model.lastPhase(); phase++) {
      observer.reset(0, configuration, -1);
      deliveries.phase(observer, phase);
      if (observer.decided()) {
        InvariantViolation.check(!any || first == observer.decidedId(), "two decisions in a slot");
        any = true;
        first = observer.decidedId();
        observeDecision(phase, first);
      }
    }
  }

  /**
   * A replica's decision becomes part of the state, so that it stays one when the replica forgets
   * it.
   */
  private void decision(int phase, long id) {
    byte code = (byte) (1 + SentMessages.proposalCode(id));
    InvariantViolation.check(
        next[decidedAt] == UNDECIDED || next[decidedAt] == code, "two decisions in a slot");
    next[decidedAt] = code;
    observeDecision(phase, id);
  }

  private void observeDecision(int phase, long id) {
    sent.checkDecision(phase, id);
    decisions.add(phase + ":" + BatchId.toString(id));
  }

  private String trace(Action last) {
    ArrayDeque<String> lines = new ArrayDeque<>();
    SentMessages before = new SentMessages(n, model.lastPhase());
    before.load(current.state);
    lines.addFirst(name(actor) + " " + text(last) + ":" + sent.beyond(before) + " <- here");
    SentMessages after = new SentMessages(n, model.lastPhase());
    for (Node node = current; node.parent != null; node = node.parent) {
      after.load(node.state);
      before.load(node.parent.state);
      String what = node.action == Action.RECEIVES ? " " + deliveries.describe(node.message) : "";
      lines.addFirst(
          name(node.actor) + " " + text(node.action) + what + ":" + after.beyond(before));
    }
    return "\n  " + String.join("\n  ", lines);
  }

  private static char name(int replica) {
    return (char) ('A' + replica);
  }

  private static String text(Action action) {
    return action.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
  }
}
