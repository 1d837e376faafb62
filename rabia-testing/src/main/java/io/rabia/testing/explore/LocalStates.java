package io.rabia.testing.explore;

import io.rabia.core.InvariantViolation;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.SlotInstance;
import io.rabia.engine.protocol.SlotInstance.Stage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.collections.Long2LongHashMap;

/**
 * The states that one replica's production {@link SlotInstance} was ever in, numbered, and what it
 * answered to each input in each of them: it is a function of its state and the input, so it is
 * asked once and the answer is remembered. One thread.
 */
final class LocalStates {

  /** What an evaluation does: the next state, and the own messages as round and code, in order. */
  record Move(int next, byte[] rounds, byte[] codes, boolean coinUsed) {
    /** Is this the same as the other one does? */
    boolean does(Move other) {
      return next == other.next
          && Arrays.equals(rounds, other.rounds)
          && Arrays.equals(codes, other.codes);
    }
  }

  private static final int FRESH = 0;
  private static final long UNKNOWN = Long.MIN_VALUE;

  private final Configuration configuration;
  private final int self;
  private final SlotInstance instance = new SlotInstance();
  private final Map<ByteBuffer, Integer> numbers = new HashMap<>();
  private final List<ByteBuffer> states = new ArrayList<>();
  private final List<Stage> stages = new ArrayList<>();
  private final List<Move> moves = new ArrayList<>();
  private final Long2LongHashMap answers = new Long2LongHashMap(UNKNOWN);
  private final Long2LongHashMap restored = new Long2LongHashMap(UNKNOWN);
  private final ByteBuffer scratch = ByteBuffer.allocate(1 << 12);
  private int[] phases = new int[64];
  private long[] decidedIds = new long[64];
  private int[] decidedPhases = new int[64];

  LocalStates(Configuration configuration, int self) {
    this.configuration = configuration;
    this.self = self;
    instance.reset(0, configuration, self);
    number();
  }

  /** The state before anything happened. */
  int fresh() {
    return FRESH;
  }

  int count() {
    return states.size();
  }

  Stage stage(int state) {
    return stages.get(state);
  }

  int phase(int state) {
    return phases[state];
  }

  long decidedId(int state) {
    return decidedIds[state];
  }

  int decidedPhase(int state) {
    return decidedPhases[state];
  }

  int propose(int state, long id) {
    load(state);
    instance.propose(id);
    return number();
  }

  /** The state after a message; the same one when it was not counted. */
  int deliver(int state, int message, byte code, Deliveries deliveries) {
    long key = (long) state << 20 | message << 4 | code;
    long known = answers.get(key);
    if (known != UNKNOWN) {
      return (int) known;
    }
    load(state);
    boolean counted = deliveries.deliver(instance, message, code);
    int next = number();
    InvariantViolation.check(counted || next == state, "an uncounted message changed something");
    InvariantViolation.check(
        !deliveries.deliver(instance, message, code) && number() == next,
        "a duplicate was counted");
    answers.put(key, next);
    return next;
  }

  /**
   * An evaluation.
   *
   * @param coins the side that the coin shows in phase p is bit p - 1
   */
  Move evaluate(int state, boolean patient, int coins) {
    long key = (long) state << 20 | 1 << 19 | coins << 1 | (patient ? 1 : 0);
    long known = answers.get(key);
    if (known != UNKNOWN) {
      return moves.get((int) known);
    }
    Move move = ask(state, patient, coins);
    moves.add(move);
    answers.put(key, moves.size() - 1);
    return move;
  }

  private Move ask(int state, boolean patient, int coins) {
    load(state);
    ByteBuffer rounds = ByteBuffer.allocate(64);
    ByteBuffer codes = ByteBuffer.allocate(64);
    boolean[] coinUsed = {false};
    SlotInstance.Emitter emitter =
        new SlotInstance.Emitter() {
          @Override
          public void emitVote1(SlotInstance slot, int phase, byte value, long id) {
            emit(SentMessages.vote1Round(phase), SentMessages.code(value, id));
          }

          @Override
          public void emitVote2(SlotInstance slot, int phase, byte value, long id) {
            emit(SentMessages.vote2Round(phase), SentMessages.code(value, id));
          }

          private void emit(int round, byte code) {
            InvariantViolation.check(rounds.hasRemaining(), "a replica votes on and on by itself");
            rounds.put((byte) round);
            codes.put(code);
          }
        };
    instance.evaluate(
        patient ? (1L << configuration.size()) - 1 : 0,
        (epoch, slot, phase) -> {
          coinUsed[0] = true;
          return (coins >>> (phase - 1) & 1) != 0;
        },
        emitter);
    return new Move(
        number(),
        Arrays.copyOf(rounds.array(), rounds.position()),
        Arrays.copyOf(codes.array(), codes.position()),
        coinUsed[0]);
  }

  /** The state after a restart from these own messages, a nibble each. */
  int restore(long own, Deliveries deliveries) {
    long known = restored.get(own);
    if (known == UNKNOWN) {
      instance.reset(0, configuration, self);
      deliveries.restore(instance, self);
      known = number();
      restored.put(own, known);
    }
    return (int) known;
  }

  private void load(int state) {
    instance.reset(0, configuration, self);
    instance.load(states.get(state).duplicate());
  }

  private int number() {
    scratch.clear();
    instance.save(scratch);
    scratch.flip();
    Integer known = numbers.get(scratch);
    if (known != null) {
      return known;
    }
    int number = states.size();
    ByteBuffer copy = ByteBuffer.allocate(scratch.remaining()).put(scratch).flip();
    numbers.put(copy, number);
    states.add(copy);
    stages.add(instance.stage());
    if (number == phases.length) {
      phases = Arrays.copyOf(phases, 2 * number);
      decidedIds = Arrays.copyOf(decidedIds, 2 * number);
      decidedPhases = Arrays.copyOf(decidedPhases, 2 * number);
    }
    phases[number] = instance.phase();
    decidedIds[number] = instance.decidedId();
    decidedPhases[number] = instance.decidedPhase();
    return number;
  }
}
