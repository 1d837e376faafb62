package io.rabia.testing.explore;

import io.rabia.testing.mutant.SourceMutant;
import java.util.List;
import java.util.stream.Stream;

/** Bugs planted around the agreement of a slot, each of which {@link ReplicaCheck} must find. */
public final class ReplicaMutants {
  private static final String PACKAGE = "io/rabia/engine/protocol/";

  private ReplicaMutants() {}

  public static List<SourceMutant> all() {
    return Stream.concat(ofPromises().stream(), ofBatches().stream()).toList();
  }

  /** Around records, restarts and barriers. */
  private static List<SourceMutant> ofPromises() {
    return List.of(
        mutant(
            "the own vote counts before its force",
            "Replica",
            "slot.gate > durable && !slot.instance.decidedByOthers()",
            "false"),
        mutant(
            "a Propose leaves before its force",
            "Replica",
            "int flags = Output.LOG | Output.SEND | Output.PROMISE;\n    CommandBatch body = null;",
            "int flags = Output.LOG | Output.SEND;\n    CommandBatch body = null;"),
        mutant(
            "the own Propose counts before its force",
            "Replica",
            "    speak(slot);\n    boolean follows",
            "    highestTaken = Math.max(highestTaken, slot.number);\n    boolean follows"),
        mutant(
            "a Propose that follows an Offer leaves before its force",
            "Replica",
            "    output.add(Kind.PROPOSE, flags,",
            "    flags = slot.offered == BatchId.NONE ? flags : flags & ~Output.PROMISE;\n"
                + "    output.add(Kind.PROPOSE, flags,"),
        mutant(
            "an Offer counts as a Propose",
            "Incoming",
            "      slot.offered = id;\n",
            "      slot.offered = id;\n      slot.instance.onPropose(index, id);\n"),
        mutant(
            "an Offer leaves before its number is safe",
            "Batches",
            "return BatchId.number(id) <= safeEnd;",
            "return true;"),
        mutant(
            "a proposed batch is not in the log",
            "Replica",
            "        flags |= Output.LOG_BATCH;\n",
            ""),
        mutant(
            "a quorum sized by who is connected",
            "SlotInstance",
            "  public boolean evaluate(long awaited, CommonCoin coin, Emitter emitter) {\n",
            "  public boolean evaluate(long awaited, CommonCoin coin, Emitter emitter) {\n"
                + "    quorum = awaited == 0 ? Quorum.size(n) : Quorum.size(Long.bitCount(awaited));\n"
                + "    decision = Math.min(quorum, Quorum.decision(n));\n"),
        mutant(
            "a barrier is answered with what was applied",
            "Replica",
            "return Math.max(highestTaken, applied - 1);",
            "return applied - 1;"),
        mutant(
            "a barrier is answered with what was decided",
            "Replica",
            "return Math.max(highestTaken, applied - 1);",
            "return decidedPrefix() - 1;"),
        mutant(
            "a restart forgets in which slots it took part",
            "Replica",
            "    slot.gate = 0;\n    highestTaken = Math.max(highestTaken, slot.number);",
            "    slot.gate = 0;"),
        mutant(
            "a restart forgets its votes",
            "Recovery",
            "slot.instance.restoreVote2(phase, value, id);",
            ""),
        mutant(
            "a restart forgets its proposals", "Recovery", "slot.instance.restorePropose(id);", ""),
        mutant(
            "batch numbers are used again after a restart",
            "Batches",
            "nextNumber = numbersEnd + 1;",
            "nextNumber = 1;"));
  }

  /** Around batches that are fetched, sent again, proposed again and applied. */
  private static List<SourceMutant> ofBatches() {
    return List.of(
        mutant(
            "who lacks a batch does not ask for it",
            "Lanes",
            "        replica.output.add(Kind.BATCH_REQUEST, Output.SEND, candidate, 0, 0, (byte) 0, id, null);\n",
            ""),
        mutant(
            "who lacks a batch proposes it",
            "Lanes",
            "if (id == BatchId.NOOP || replica.batches.body(slot, id) != null) {",
            "if (true) {"),
        mutant(
            "open slots are not sent again",
            "Retransmitter",
            "      if (slot != null) {\n        resend(slot, to);\n      }",
            ""),
        mutant(
            "only votes are sent again",
            "Retransmitter",
            "if (instance.proposed(slot.era.self)) {",
            "if (false) {"),
        mutant(
            "a batch that lost its slot is not proposed again",
            "OriginBatches",
            "    if (held(number) != null && openIn[place] == slot) {\n      openIn[place] = NOT_OPEN;\n    }",
            ""),
        mutant(
            "a batch decided in two slots is applied twice",
            "Replica",
            "boolean skipped = !batches.known(id) || batches.of(id).isApplied(BatchId.number(id));",
            "boolean skipped = false;"),
        mutant(
            "a quiet owner's batches are held back",
            "Lanes",
            " : waiting.id();",
            " : followAnyBatch(slot, now);"),
        mutant(
            "log time follows the own clock",
            "LogClock",
            "applied = Math.max(applied, timestamp);",
            "applied = Math.max(applied, now);"));
  }

  /** Around changes of the configuration and lives: {@link ChangeCheck} must find each. */
  public static List<SourceMutant> ofChanges() {
    return List.of(
        mutant(
            "a change governs from the next slot on",
            "Eras",
            "long first = slot + Math.max(now.alpha(), change.alpha());",
            "long first = slot + 1;"),
        mutant(
            "a change governs from its slot and the new ALPHA on",
            "Eras",
            "slot + Math.max(now.alpha(), change.alpha())",
            "slot + change.alpha()"),
        mutant(
            "ALPHA of the applied slot instead of the slot's own",
            "Eras",
            "    return limit < era.end ? limit : Math.max(era.end, applied + newest.configuration.alpha());",
            "    return limit;"),
        mutant(
            "the newest configuration governs at once",
            "Eras",
            "    while (before != null && slot < era.first()) {",
            "    while (before != null && slot < before.first()) {"),
        mutant(
            "a change is not refused while another is pending",
            "Eras",
            "if (slot < now.firstSlot()) {",
            "if (false) {"),
        mutant(
            "a change made for another epoch is not refused",
            "Change",
            "if (change.epoch() != now.epoch()) {",
            "if (false) {"),
        mutant(
            "a member that has lost its votes votes on",
            "Eras",
            "    this.own = own;",
            "    int same = founders.indexOf(id);\n"
                + "    own = same < 0 ? own : founders.members().get(same).token();\n"
                + "    this.own = own;"),
        mutant(
            "what was counted for the configuration before stays",
            "Window",
            "        slot.number = -1;\n      } else",
            "        Era next = eras.of(slot.number);\n"
                + "        boolean votes = next.self >= 0;\n"
                + "        boolean stays = next.size() == slot.era.size()\n"
                + "            && votes == (slot.era.self >= 0);\n"
                + "        slot.number = stays ? slot.number : -1;\n"
                + "        slot.era = stays ? next : slot.era;\n"
                + "      } else"),
        mutant(
            "a quorum of the founders decides",
            "SlotInstance",
            "      quorum = Quorum.size(n);\n      decision = Quorum.decision(n);",
            "      quorum = Quorum.size(Math.min(n, 3));\n"
                + "      decision = Quorum.decision(Math.min(n, 3));"),
        mutant(
            "what is heard beyond the window decides",
            "Incoming",
            "      slot.instance.hold();\n",
            ""),
        mutant(
            "a read is released although others govern the next slot",
            "ReadBarrier",
            "if (waitingEra[done] == era) {",
            "if (true) {"),
        mutant(
            "a barrier counts the answers of those who govern no more",
            "ReadBarrier",
            "era != null && era.index(from) >= 0) {",
            "era != null) {"));
  }

  /** Changes that a cluster can live with: nothing may be found in them. */
  public static List<SourceMutant> harmless() {
    return List.of(
        mutant(
            "no vote rides on a later frame",
            "Replica",
            "(rides && lanes.mayRide(slot.era) ? Output.LAZY : 0)",
            "0"),
        mutant(
            "no vote is held back until all proposals are there",
            "Offers",
            "if (!enabled || slot",
            "if (true || slot"),
        mutant(
            "every vote rides on a later frame",
            "Replica",
            "(rides && lanes.mayRide(slot.era) ? Output.LAZY : 0)",
            "Output.LAZY"));
  }

  private static SourceMutant mutant(String name, String type, String text, String replacement) {
    return SourceMutant.of(name, PACKAGE + type + ".java", text, replacement);
  }
}
