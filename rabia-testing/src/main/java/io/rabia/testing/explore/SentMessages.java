package io.rabia.testing.explore;

import static io.rabia.core.StateValue.CODE_V0;
import static io.rabia.core.StateValue.CODE_V1;
import static io.rabia.core.StateValue.CODE_VQUESTION;

import io.rabia.core.BatchId;
import io.rabia.core.InvariantViolation;
import io.rabia.core.StateValue;

/**
 * All messages ever sent in one slot, a byte each, and the oracle of protocol.md section 9 over
 * them: written from the protocol's text, with its own arithmetic. A replica's rounds are numbered
 * in the order of its log: Propose, Vote2(0), Vote1(1), Vote2(1) and so on. One thread.
 */
final class SentMessages {
  static final long M1 = BatchId.pack(0, 1);
  static final long M2 = BatchId.pack(1, 1);

  private static final long[] IDS = {BatchId.NONE, BatchId.NOOP, M1, M2};

  private final int n;
  private final int rounds;
  private final byte[] codes;

  /** Of messages up to and with Vote1(lastPhase + 1). */
  SentMessages(int n, int lastPhase) {
    this.n = n;
    rounds = vote1Round(lastPhase + 1) + 1;
    codes = new byte[n * rounds];
  }

  static int vote1Round(int phase) {
    return 2 * phase;
  }

  static int vote2Round(int phase) {
    return 2 * phase + 1;
  }

  /** 1 to 12; never 0. */
  static byte code(byte value, long id) {
    for (int i = 0; i < IDS.length; i++) {
      if (IDS[i] == id) {
        return (byte) (1 + IDS.length * value + i);
      }
    }
    throw new InvariantViolation("an id out of nowhere: " + BatchId.toString(id));
  }

  static byte value(byte code) {
    return (byte) ((code - 1) / IDS.length);
  }

  static long id(byte code) {
    return IDS[(code - 1) % IDS.length];
  }

  static byte proposalCode(long id) {
    return code(CODE_V1, id);
  }

  /** How many bytes {@link #save} writes. */
  int length() {
    return codes.length;
  }

  void save(byte[] target) {
    System.arraycopy(codes, 0, target, 0, codes.length);
  }

  void load(byte[] source) {
    System.arraycopy(source, 0, codes, 0, codes.length);
  }

  int rounds() {
    return rounds;
  }

  /** 0 when not sent. */
  byte code(int sender, int round) {
    return codes[sender * rounds + round];
  }

  /** All of one sender, a nibble each. */
  long all(int sender) {
    long packed = 0;
    for (int round = 0; round < rounds; round++) {
      packed = packed << 4 | code(sender, round);
    }
    return packed;
  }

  /** Takes a message, unless it breaks a rule. */
  void add(int sender, int round, byte code) {
    int place = sender * rounds + round;
    InvariantViolation.check(
        codes[place] == 0 || codes[place] == code, "two messages of one member in a round");
    codes[place] = code;
    if (round > 0) {
      checkVote(round, value(code), id(code));
    }
  }

  private void checkVote(int round, byte value, long id) {
    if (value == CODE_V1) {
      checkProposedByMajority(id);
    } else if (value == CODE_V0) {
      InvariantViolation.check(
          round > 1 && id == BatchId.NONE, "V0 stands for no id and not in phase 0");
    } else {
      InvariantViolation.check(round % 2 == 1, "VQUESTION in a first round");
      InvariantViolation.check(
          round == 1 || id != BatchId.NONE, "a split phase has seen a V1, and its id");
    }
    if (round % 2 == 1 && value != CODE_VQUESTION) {
      for (int i = 0; i < n; i++) {
        byte other = code(i, round);
        InvariantViolation.check(
            other == 0 || value(other) == CODE_VQUESTION || value(other) == value,
            "V0 and V1 in one second round");
      }
    }
  }

  private void checkProposedByMajority(long id) {
    int proposals = 0;
    for (int i = 0; i < n; i++) {
      proposals += code(i, 0) != 0 && id(code(i, 0)) == id ? 1 : 0;
    }
    InvariantViolation.check(
        id != BatchId.NONE && 2 * proposals > n, "a value without a majority of proposals");
  }

  /** Holds a decision against everything that was sent: validity and value locking. */
  void checkDecision(int phase, long id) {
    if (id != BatchId.NONE) {
      checkProposedByMajority(id);
    }
    for (int round = vote1Round(phase + 1); round < rounds; round += 2) {
      for (int i = 0; i < n; i++) {
        byte vote = code(i, round);
        InvariantViolation.check(
            vote == 0 || id(vote) == id, "a Vote1 after the decision is for something else");
      }
    }
  }

  /** What this holds beyond {@code before}, for traces. */
  String beyond(SentMessages before) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < codes.length; i++) {
      if (codes[i] != before.codes[i]) {
        text.append(' ').append(describe(i % rounds, codes[i]));
      }
    }
    return text.toString();
  }

  private static String describe(int round, byte code) {
    String id = BatchId.toString(id(code));
    if (round == 0) {
      return "Propose(" + id + ")";
    }
    String kind = round % 2 == 0 ? "Vote1(" : "Vote2(";
    return kind + round / 2 + ") = " + StateValue.of(value(code)) + "/" + id;
  }
}
