package io.rabia.engine.protocol;

import io.rabia.core.CommonCoin;
import io.rabia.core.NodeId;
import io.rabia.core.message.MessageHandler;
import io.rabia.engine.protocol.Output.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * The first of three members, with a log that forces; the others are what the test says. One
 * thread.
 */
final class LoneReplica {

  /** Something that it put out. */
  record Word(Kind kind, long slot, long id) {}

  static final int MEMBERS = 3;

  private final List<Word> words = new ArrayList<>();
  final Replica replica =
      new Replica(
          Configurations.of(MEMBERS, 256),
          NodeId.of(1),
          Configurations.token(1),
          CommonCoin.keyed(1, 2),
          SilentSource.INSTANCE,
          Timing.defaults(),
          1,
          64,
          1 << 20,
          7);
  long now = 1_000_000_000;
  private long group;

  LoneReplica() {
    replica.offersBatches();
    replica.recovered(0, now);
    for (int other = 1; other < MEMBERS; other++) {
      replica.connected(other, now);
    }
  }

  MessageHandler from(int member) {
    return replica.from(member, 0, now);
  }

  void advance() {
    do {
      replica.advance(now);
    } while (take());
  }

  private boolean take() {
    Output output = replica.output();
    boolean any = output.size() > 0;
    for (int i = 0; i < output.size(); i++) {
      words.add(new Word(output.kind(i), output.slot(i), output.id(i)));
    }
    if (any) {
      replica.appended(++group);
      output.clear();
    }
    return any;
  }

  /** All that it said so far. */
  List<Word> words() {
    return words;
  }

  /** The slots in which it said something of this kind. */
  List<Long> slots(Kind kind) {
    return words.stream().filter(word -> word.kind() == kind).map(Word::slot).toList();
  }
}
