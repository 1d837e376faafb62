package io.rabia.testing.sim;

import io.rabia.testing.mutant.SourceMutant;
import java.util.List;

/** Bugs planted into what surrounds the agreement, each of which {@link SimCheck} must find. */
public final class SimMutants {
  private static final String ENGINE = "io/rabia/engine/";
  private static final String PROTOCOL = "io/rabia/engine/protocol/";

  private SimMutants() {}

  public static List<SourceMutant> all() {
    return List.of(
        SourceMutant.of(
            "a promise leaves before its force",
            ENGINE + "Outbox.java",
            "if (held.isEmpty() && persistence.durable() >= lastPromise) {",
            "if (true) {"),
        SourceMutant.of(
            "the own vote counts before its force",
            PROTOCOL + "Replica.java",
            "if (slot.gate > durable && !slot.instance.decidedByOthers()) {",
            "if (false) {"),
        SourceMutant.of(
            "batch numbers are used again after a restart",
            PROTOCOL + "Batches.java",
            "nextNumber = numbersEnd + 1;",
            "nextNumber = 1;"),
        SourceMutant.of(
            "only votes are sent again",
            PROTOCOL + "Retransmitter.java",
            "if (instance.proposed(replica.self)) {",
            "if (false) {"),
        SourceMutant.of(
            "a session's number is executed again",
            PROTOCOL + "Sessions.java",
            "if (result == null) {\n      result = execution",
            "if (true) {\n      result = execution"),
        SourceMutant.of(
            "a batch decided in two slots is applied twice",
            PROTOCOL + "Replica.java",
            "boolean skipped = batches.of(id).isApplied(BatchId.number(id));",
            "boolean skipped = false;"),
        SourceMutant.of(
            "a barrier is answered with what was applied",
            PROTOCOL + "Replica.java",
            "from, nonce, 0, (byte) 0, highestTakenPart(), null",
            "from, nonce, 0, (byte) 0, applied - 1, null"),
        SourceMutant.of(
            "a quiet owner's batches are held back",
            PROTOCOL + "Lanes.java",
            "return waiting == null ? followAnyBatch(slot, now) : waiting.id();",
            "return followAnyBatch(slot, now);"),
        SourceMutant.of(
            "no force at the start of a log",
            "io/rabia/persistence/FilePersistence.java",
            "      force(name);\n    }\n    disk.forceDirectory();",
            "    }"),
        SourceMutant.of(
            "decisions are replayed a group at a time",
            PROTOCOL + "Recovery.java",
            "    decided.run();\n",
            ""));
  }
}
