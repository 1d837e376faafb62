package io.rabia.testing.explore;

import io.rabia.testing.mutant.SourceMutant;
import java.util.List;

/**
 * Bugs planted into {@link io.rabia.engine.protocol.SlotInstance}, each of which {@link SlotCheck}
 * must find.
 */
public final class SlotMutants {
  private static final String FILE = "io/rabia/engine/protocol/SlotInstance.java";

  private SlotMutants() {}

  public static List<SourceMutant> all() {
    return List.of(
        mutant(
            "fast decision at Q equal Proposes",
            "proposalCount == n && equalProposals(id) == n)",
            "equalProposals(id) >= quorum)"),
        mutant(
            "fast decision at Q equal Vote1",
            "count(phase1, vote1, votePhase, value) == n)",
            "count(phase1, vote1, votePhase, value) >= quorum)"),
        mutant(
            "deciding on the coin",
            "next = coin.flip(epoch, slot, phase) && knownId != BatchId.NONE ? CODE_V1 : CODE_V0;",
            "next = coin.flip(epoch, slot, phase) && knownId != BatchId.NONE ? CODE_V1 : CODE_V0;\n"
                + "sendVote1(phase + 1, next, emitter);\n"
                + "decide(next == CODE_V1 ? knownId : BatchId.NONE, phase - 1, false);\n"
                + "return false;"),
        mutant(
            "first-round votes counted without their sender",
            "onVote1(int from, int votePhase, byte value, long id) {\n"
                + "    int place = (votePhase & 1) * n + from;",
            "onVote1(int from, int votePhase, byte value, long id) {\n"
                + "    int place = (votePhase & 1) * n;\n"
                + "    while (phase1[place] == votePhase && place % n < n - 1) {\n"
                + "      place++;\n"
                + "    }"),
        mutant(
            "second-round votes counted without their sender",
            "onVote2(int from, int votePhase, byte value, long id) {\n"
                + "    int place = (votePhase & 1) * n + from;",
            "onVote2(int from, int votePhase, byte value, long id) {\n"
                + "    int place = (votePhase & 1) * n;\n"
                + "    while (phase2[place] == votePhase && place % n < n - 1) {\n"
                + "      place++;\n"
                + "    }"),
        mutant(
            "f instead of f + 1", "decision = Quorum.decision(n);", "decision = Quorum.faults(n);"),
        mutant("a quorum of half", "quorum = Quorum.size(n);", "quorum = (n + 1) / 2;"),
        mutant("a quorum of one less", "quorum = Quorum.size(n);", "quorum = Quorum.size(n) - 1;"),
        mutant(
            "the id of a Vote1 is not kept",
            "learn(id);\n    phase1[place] = votePhase;",
            "phase1[place] = votePhase;"),
        mutant(
            "the id of a Vote2 is not kept",
            "learn(id);\n    phase2[place] = votePhase;",
            "phase2[place] = votePhase;"),
        mutant(
            "V1 without the id",
            "long id = value == CODE_V1 ? knownId : BatchId.NONE;\n    emitter.emitVote1(",
            "long id = BatchId.NONE;\n    emitter.emitVote1("),
        mutant(
            "VQUESTION without the id",
            "ownVote2Id = value == CODE_V0 ? BatchId.NONE : knownId;",
            "ownVote2Id = value == CODE_V1 ? knownId : BatchId.NONE;"),
        mutant(
            "a jump takes the own state along",
            "sendVote1(phase1[best], vote1[best], emitter);",
            "sendVote1(phase1[best], state, emitter);"),
        mutant(
            "Vote2 for a value without a majority of Vote1",
            "sendVote2(zeros >= quorum ? CODE_V0 : ones >= quorum ? CODE_V1 : CODE_VQUESTION, emitter);",
            "sendVote2(zeros >= quorum ? CODE_V0 : ones > 0 ? CODE_V1 : CODE_VQUESTION, emitter);"),
        mutant(
            "Vote2 for a value without a majority of Proposes",
            "equalProposals(proposals[i]) >= quorum)",
            "equalProposals(proposals[i]) >= quorum - 1)"),
        mutant("V0 although a V1 was seen", "if (ones > 0) {", "if (ones >= quorum) {"),
        mutant(
            "the coin although a V0 was seen",
            "} else if (zeros > 0 || phase == 0) {",
            "} else if (phase == 0) {"),
        mutant(
            "votes of older phases are counted",
            "votesFound += phases[i] == inPhase && votes[i] == value ? 1 : 0;",
            "votesFound += phases[i] >= 0 && votes[i] == value ? 1 : 0;"),
        mutant(
            "a restart forgets the Propose",
            "    if (stage == Stage.IDLE) {\n      propose(id);\n    }",
            ""),
        mutant(
            "a restart forgets Vote1",
            "      phase = votePhase;\n      state = value;\n      stage = Stage.ROUND1;",
            "      if (votePhase > 0) {\n        return;\n      }"),
        mutant(
            "a restart forgets Vote2",
            "      phase = votePhase;\n      ownVote2 = value;",
            "      if (votePhase >= 0) {\n        return;\n      }"));
  }

  private static SourceMutant mutant(String name, String text, String replacement) {
    return SourceMutant.of(name, FILE, text, replacement);
  }
}
