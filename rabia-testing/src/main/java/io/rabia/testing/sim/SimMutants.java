package io.rabia.testing.sim;

import io.rabia.testing.mutant.SourceMutant;
import java.util.List;
import java.util.stream.Stream;

/** Bugs planted into what surrounds the agreement, each of which {@link SimCheck} must find. */
public final class SimMutants {
  private static final String ENGINE = "io/rabia/engine/";
  private static final String PROTOCOL = "io/rabia/engine/protocol/";

  private SimMutants() {}

  public static List<SourceMutant> all() {
    return Stream.of(ofWholeNodes(), ofDecisions(), ofSnapshots(), ofMembers())
        .flatMap(List::stream)
        .toList();
  }

  private static List<SourceMutant> ofMembers() {
    return List.of(
        SourceMutant.of(
            "ALPHA of the applied slot instead of the slot's own",
            PROTOCOL + "Eras.java",
            "    return limit < era.end ? limit : Math.max(era.end, applied + newest.configuration.alpha());",
            "    return limit;"),
        SourceMutant.of(
            "a change governs from its slot and the new ALPHA on",
            PROTOCOL + "Eras.java",
            "slot + Math.max(now.alpha(), change.alpha())",
            "slot + change.alpha()"),
        new SourceMutant(
            "a member that has lost its votes votes on",
            PROTOCOL + "Eras.java",
            List.of(
                new SourceMutant.Edit(
                    "    this.own = own;",
                    "    int same = founders.indexOf(id);\n"
                        + "    own = same < 0 ? own : founders.members().get(same).token();\n"
                        + "    this.own = own;"),
                new SourceMutant.Edit("if (token.equals(own)) {", "if (true) {"))),
        SourceMutant.of(
            "an old copy of a log is not noticed",
            ENGINE + "Boot.java",
            "        && peer.seenOfReceiver() > end\n",
            "        && false\n"),
        SourceMutant.of(
            "what was counted for the configuration before stays",
            PROTOCOL + "Window.java",
            "        slot.number = -1;\n      } else",
            "        Era next = eras.of(slot.number);\n"
                + "        boolean stays = next.size() == slot.era.size();\n"
                + "        slot.number = stays ? slot.number : -1;\n"
                + "        slot.era = stays ? next : slot.era;\n"
                + "      } else"));
  }

  private static List<SourceMutant> ofWholeNodes() {
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
            "members make batches in each other's names",
            PROTOCOL + "Batches.java",
            "return BatchId.pack(ownOrigin, nextNumber);",
            "return BatchId.pack((ownOrigin + 1) % origins.length, nextNumber);"),
        SourceMutant.of(
            "batch numbers are used again after a restart",
            PROTOCOL + "Batches.java",
            "nextNumber = numbersEnd + 1;",
            "nextNumber = 1;"),
        SourceMutant.of(
            "only votes are sent again",
            PROTOCOL + "Retransmitter.java",
            "if (instance.proposed(slot.era.self)) {",
            "if (false) {"),
        SourceMutant.of(
            "a session's number is executed again",
            PROTOCOL + "Sessions.java",
            "if (session.result(number) == null) {\n      boolean full",
            "if (true) {\n      boolean full"),
        SourceMutant.of(
            "a batch decided in two slots is applied twice",
            PROTOCOL + "Replica.java",
            "boolean skipped = !batches.known(id) || batches.of(id).isApplied(BatchId.number(id));",
            "boolean skipped = false;"),
        SourceMutant.of(
            "a barrier is answered with what was applied",
            PROTOCOL + "Incoming.java",
            "replica.highestTakenPart()",
            "replica.applied() - 1"),
        SourceMutant.of(
            "a barrier is answered with what was decided",
            PROTOCOL + "Incoming.java",
            "replica.highestTakenPart()",
            "replica.decidedPrefix() - 1"),
        SourceMutant.of(
            "a quiet owner's batches are held back",
            PROTOCOL + "Lanes.java",
            " : waiting.id();",
            " : followAnyBatch(slot, now);"),
        SourceMutant.of(
            "no force at the start of a log",
            "io/rabia/persistence/LogRecovery.java",
            "    force(LogScan.segmentNames(disk));\n",
            ""),
        SourceMutant.of(
            "a force is skipped",
            "io/rabia/persistence/LogWriter.java",
            "      activeFile().force();\n    } catch",
            "      activeFile().size();\n    } catch"),
        SourceMutant.of(
            "damage of what was stated to be safe is cut like a tail",
            "io/rabia/persistence/LogScan.java",
            "} else if (statedSafe(file, segment.base(), valid, size)) {",
            "} else if (false) {"),
        SourceMutant.of(
            "members do not compare their states",
            ENGINE + "StateCheck.java",
            "if (able && replica.applied() % interval == 0) {",
            "if (false) {"),
        SourceMutant.of(
            "open votes are compacted away",
            ENGINE + "LogCatchUp.java",
            "Math.max(0, slot - reach) / STEP",
            "slot / STEP"),
        SourceMutant.of(
            "a clean mark survives into the next run",
            "io/rabia/persistence/FilePersistence.java",
            "        writer.writeStatus(); // not earlier",
            "        LogStatus found = LogStatus.read(disk);\n"
                + "        if (found == null || found.state() != LogStatus.State.CLEAN) {\n"
                + "          writer.writeStatus();\n"
                + "        } // not earlier"));
  }

  private static List<SourceMutant> ofSnapshots() {
    return List.of(
        SourceMutant.of(
            "a member's snapshot is installed without its table of applied batches",
            PROTOCOL + "Replica.java",
            "    batches.load(in, end);\n",
            "    new Batches(eras, window, retention, output).load(in, end);\n"),
        SourceMutant.of(
            "a member's snapshot is kept without the own batch numbers",
            ENGINE + "SnapshotFetch.java",
            "head.get().own(replica.numbersEnd())",
            "head.get().own(0)"),
        SourceMutant.of(
            "the sessions of a member's snapshot are left out",
            ENGINE + "Applier.java",
            "    sessions = restored;\n",
            "    if (sessions.size() == 0) {\n      sessions = restored;\n    }\n"),
        SourceMutant.of(
            "a segment that is written over has its name before its header is safe",
            "io/rabia/persistence/LogWriter.java",
            "        file.force();\n        if (spare",
            "        if (spare"));
  }

  private static List<SourceMutant> ofDecisions() {
    return List.of(
        SourceMutant.of(
            "a fast decision at Q equal instead of n",
            PROTOCOL + "SlotInstance.java",
            "proposalCount == n && equalProposals(id) == n)",
            "equalProposals(id) >= quorum)"),
        SourceMutant.of(
            "a decision on the coin",
            PROTOCOL + "SlotInstance.java",
            "next = coin.flip(epoch, slot, phase) && knownId != BatchId.NONE ? CODE_V1 : CODE_V0;",
            "next = coin.flip(epoch, slot, phase) && knownId != BatchId.NONE ? CODE_V1 : CODE_V0;\n"
                + "sendVote1(phase + 1, next, emitter);\n"
                + "decide(next == CODE_V1 ? knownId : BatchId.NONE, phase - 1, false);\n"
                + "return false;"),
        SourceMutant.of(
            "votes are counted without their sender",
            PROTOCOL + "SlotInstance.java",
            "onVote2(int from, int votePhase, byte value, long id) {\n"
                + "    int place = (votePhase & 1) * n + from;",
            "onVote2(int from, int votePhase, byte value, long id) {\n"
                + "    int place = (votePhase & 1) * n;\n"
                + "    while (phase2[place] == votePhase && place % n < n - 1) {\n"
                + "      place++;\n"
                + "    }"),
        SourceMutant.of(
            "a quorum is sized by who is connected",
            PROTOCOL + "SlotInstance.java",
            "    if (proposalCount < quorum) {",
            "    if (proposalCount < Math.min(quorum, Long.bitCount(awaited))) {"),
        SourceMutant.of(
            "the own Propose counts before its force",
            PROTOCOL + "Replica.java",
            "    speak(slot);\n    boolean follows",
            "    highestTaken = Math.max(highestTaken, slot.number);\n    boolean follows"),
        SourceMutant.of(
            "an Offer counts as a Propose",
            PROTOCOL + "Incoming.java",
            "      slot.offered = id;\n",
            "      slot.offered = id;\n      slot.instance.onPropose(index, id);\n"),
        SourceMutant.of(
            "an Offer leaves before its number is safe",
            PROTOCOL + "Batches.java",
            "return BatchId.number(id) <= safeEnd;",
            "return true;"),
        SourceMutant.of(
            "the id is dropped from V1",
            PROTOCOL + "SlotInstance.java",
            "ownVote2Id = value == CODE_V0 ? BatchId.NONE : knownId;",
            "ownVote2Id = BatchId.NONE;"),
        SourceMutant.of(
            "decisions are replayed a group at a time",
            PROTOCOL + "Recovery.java",
            "    decided.run();\n",
            ""));
  }
}
