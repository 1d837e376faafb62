package io.rabia.testing.explore;

import io.rabia.testing.mutant.SourceMutant;
import java.util.List;

/** Bugs planted around the agreement of a slot, each of which {@link ReplicaCheck} must find. */
public final class ReplicaMutants {
  private static final String PACKAGE = "io/rabia/engine/protocol/";

  private ReplicaMutants() {}

  public static List<SourceMutant> all() {
    return List.of(
        SourceMutant.of(
            "the own vote counts before its force",
            PACKAGE + "Replica.java",
            "slot.gate > durable && !slot.instance.decidedByOthers()",
            "false"),
        SourceMutant.of(
            "a barrier is answered with what was applied",
            PACKAGE + "Replica.java",
            "return Math.max(highestTaken, applied - 1);",
            "return applied - 1;"),
        SourceMutant.of(
            "a restart forgets in which slots it took part",
            PACKAGE + "Replica.java",
            "    slot.gate = 0;\n    highestTaken = Math.max(highestTaken, slot.number);",
            "    slot.gate = 0;"),
        SourceMutant.of(
            "a restart forgets its votes",
            PACKAGE + "Recovery.java",
            "slot.instance.restoreVote2(phase, value, id);",
            ""),
        SourceMutant.of(
            "a restart forgets its proposals",
            PACKAGE + "Recovery.java",
            "slot.instance.restorePropose(id);",
            ""),
        SourceMutant.of(
            "batch numbers are used again after a restart",
            PACKAGE + "Batches.java",
            "nextNumber = numbersEnd + 1;",
            "nextNumber = 1;"),
        SourceMutant.of(
            "nobody asks for a decided batch that is missing",
            PACKAGE + "Retransmitter.java",
            "replica.lanes().fetch(slot, id, now);",
            ""),
        SourceMutant.of(
            "open slots are not sent again",
            PACKAGE + "Retransmitter.java",
            "      if (slot != null) {\n        resend(slot, to);\n      }",
            ""),
        SourceMutant.of(
            "a batch that lost its slot is not proposed again",
            PACKAGE + "OriginBatches.java",
            "    if (held(number) != null && openIn[place] == slot) {\n      openIn[place] = NOT_OPEN;\n    }",
            ""));
  }
}
