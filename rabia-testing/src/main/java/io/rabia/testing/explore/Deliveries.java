package io.rabia.testing.explore;

import static io.rabia.testing.explore.SentMessages.id;
import static io.rabia.testing.explore.SentMessages.value;

import io.rabia.engine.protocol.SlotInstance;
import io.rabia.engine.protocol.SlotInstance.Stage;

/**
 * Numbers the messages of a slot by phase, round and sender, and hands them to instances. One
 * thread.
 */
final class Deliveries {
  private static final int KINDS = 2;

  private final SentMessages sent;
  private final int n;
  private final int lastPhase;

  Deliveries(SentMessages sent, int n, int lastPhase) {
    this.sent = sent;
    this.n = n;
    this.lastPhase = lastPhase;
  }

  /** How many messages can be delivered; their numbers are below, older phases first. */
  int count() {
    return (lastPhase + 1) * KINDS * n;
  }

  int sender(int message) {
    return message % n;
  }

  private int kind(int message) {
    return message / n % KINDS;
  }

  private int phase(int message) {
    return message / n / KINDS;
  }

  /**
   * The first message of the round that a replica at this stage waits for; the others follow by
   * sender.
   */
  int roundStart(Stage stage, int phase) {
    return (phase * KINDS + (stage == Stage.ROUND2 ? 1 : 0)) * n;
  }

  /** What was sent as this message; 0 when nothing. */
  byte code(int message) {
    return sent.code(sender(message), message / n);
  }

  String describe(int message) {
    String kind = kind(message) == 1 ? "Vote2" : phase(message) == 0 ? "Propose" : "Vote1";
    return kind + "(" + phase(message) + ") of " + (char) ('A' + sender(message));
  }

  boolean deliver(SlotInstance to, int message, byte code) {
    int from = sender(message);
    int phase = phase(message);
    if (kind(message) == 1) {
      return to.onVote2(from, phase, value(code), id(code));
    }
    return phase == 0
        ? to.onPropose(from, id(code))
        : to.onVote1(from, phase, value(code), id(code));
  }

  boolean isVote1Above(int message, int phase) {
    return kind(message) == 0 && phase(message) > phase;
  }

  /** Everything of one phase, of all members. */
  void phase(SlotInstance to, int phase) {
    int first = roundStart(Stage.ROUND1, phase);
    for (int message = first; message < first + KINDS * n; message++) {
      byte code = code(message);
      if (code != 0) {
        deliver(to, message, code);
      }
    }
  }

  /** A member's own messages, in the order of its log. */
  void restore(SlotInstance replica, int self) {
    for (int round = 0; round < sent.rounds(); round++) {
      byte code = sent.code(self, round);
      if (code == 0) {
        continue;
      }
      if (round == 0) {
        replica.restorePropose(id(code));
      } else if (round % KINDS == 0) {
        replica.restoreVote1(round / KINDS, value(code), id(code));
      } else {
        replica.restoreVote2(round / KINDS, value(code), id(code));
      }
    }
  }
}
