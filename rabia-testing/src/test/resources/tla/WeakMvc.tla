------------------------------ MODULE WeakMvc ------------------------------
(***************************************************************************)
(* Weak-MVC, the agreement on the value of one slot, with restart, with a  *)
(* member that loses its votes and comes back under another token, and     *)
(* with the read barrier across slots.  docs/specification.md tells how it *)
(* is run, what it covers, and which Java check stands for which invariant.*)
(*                                                                         *)
(* The network: what was sent stays available to everyone for ever.  A     *)
(* replica that moves hears any subset of it, so loss, delay, reordering   *)
(* and duplication are choices of what is heard, and so is the moment at   *)
(* which a wait is evaluated.  Nothing heard is kept between two moves but *)
(* what the own log shows: a later move may hear the same again.           *)
(*                                                                         *)
(* The rounds of a slot are numbered through.  Propose is round 1, Vote2   *)
(* of phase 0 is round 2, Vote1(p) is round 2p + 1, Vote2(p) round 2p + 2. *)
(***************************************************************************)
EXTENDS Integers, FiniteSets, Sequences, TLC

CONSTANTS
  Replicas,   \* the members, n of them
  Unsteady,   \* those of them that may crash and restart, any number of times
  Values,     \* what can be proposed; a batch or NOOP, all alike
  Slots,      \* 0 .. k
  Alpha,      \* the window: nobody takes part in a slot with so many open ones below it
  Forgetful,  \* {} or a member that loses its votes
  Fresh,      \* {} or its next life
  LastRound,  \* no replica goes beyond
  Reads,      \* is there a read?
  Error       \* a planted error, or "none"

VARIABLES
  sent,       \* the messages that have left a replica
  tail,       \* for each replica, its own records that are not durable yet, oldest first
  lost,       \* messages that left and are in no log any more: none, without a planted error
  decided,    \* what some replica may have decided, with the round of the deciding votes
  floor,      \* the highest slot that was applied anywhere when the read began
  answers     \* for each replica, its answer to the reader

vars == <<sent, tail, lost, decided, floor, answers>>

Lives == Replicas \cup Fresh
N == Cardinality(Replicas)
Q == N \div 2 + 1
F == N - Q
None == "none"
Renew == "renew"
Unasked == -2

Range(seq) == {seq[i] : i \in DOMAIN seq}
Max(numbers) == CHOOSE x \in numbers : \A y \in numbers : y <= x
Min(numbers) == CHOOSE x \in numbers : \A y \in numbers : x <= y

(* A slot is applied when it and all before it are decided. *)
Applied ==
  Max({s \in Slots : \A t \in Slots : t <= s => \E d \in decided : d.slot = t} \cup {-1})

(***************************************************************************)
(* Lives.  A member that has lost its votes comes back as another life,    *)
(* which knows nothing of what the former one has said; that one may be    *)
(* asleep and wake, so it is as good as any other here.  The change that   *)
(* puts the new life in its place is a value.  Decided in slot s it        *)
(* governs from s + Alpha on, and nobody takes part there before it has    *)
(* applied slot s.  Below, the new life is mute, whatever it hears; from   *)
(* there on the former one has no place.                                   *)
(***************************************************************************)
Reach == IF Error = "ChangeGovernsAtOnce" THEN 0 ELSE Alpha
IsRenewed(s) == \E d \in decided : d.outcome = Renew /\ d.slot + Reach <= s
Members(s) == IF IsRenewed(s) THEN (Replicas \ Forgetful) \cup Fresh ELSE Replicas

Seat(r) == IF r \in Fresh THEN CHOOSE f \in Forgetful : TRUE ELSE r

(* Whose messages have a place in the slot. *)
HasVote(r, s) == r \in Members(s) \/ (Error = "ReturnsAtOnce" /\ r \in Fresh)

MayMove(r, s) ==
  HasVote(r, s) /\ (Applied >= s - Alpha \/ Error = "TakesPartBeyondTheWindow")

Proposable(s) ==
  Values \cup (IF Fresh # {} /\ s + Alpha \in Slots THEN {Renew} ELSE {})

(***************************************************************************)
(* Messages.  Propose(m) is a V1 with the id m in round 1.  A V1 carries   *)
(* its id, a V? the id of a V1 that its sender saw, if any.                *)
(***************************************************************************)
Message(slot, from, round, vote, id) ==
  [slot |-> slot, from |-> from, round |-> round, vote |-> vote, id |-> id]

FirstOfPhase(m) == m.round % 2 = 1
Outcome(m) == IF m.vote = "V0" THEN None ELSE m.id

Voting(messages, vote) == {m \in messages : m.vote = vote}
Senders(messages) == {Seat(m.from) : m \in messages}
Ids(messages) == {m.id : m \in messages} \ {None}

(* Own messages are records of the own log first. *)
Log(r) == ({m \in sent : m.from = r} \ lost) \cup Range(tail[r])
Own(r, s) == {m \in Log(r) : m.slot = s}
Newest(records) == CHOOSE m \in records : \A x \in records : x.round <= m.round

(* How the message of another replica arrives. *)
Heard(m) ==
  IF Error = "V1WithoutItsId" /\ m.round > 1 THEN [m EXCEPT !.id = None] ELSE m

IdsHeard(r, s) ==
  Ids({m \in Own(r, s) : m.round > 1}
      \cup {Heard(m) : m \in {x \in sent : x.slot = s /\ x.from # r /\ x.round > 1}})

(***************************************************************************)
(* The moves of a replica within a slot.  It waits for Q messages of the   *)
(* round of its newest record, its own among them.                         *)
(***************************************************************************)
Waits(own) ==
  LET others == {Heard(m) : m \in {x \in sent : x.slot = own.slot /\ x.round = own.round
                                                 /\ x.from # own.from
                                                 /\ HasVote(x.from, x.slot)}}
  IN  {h \cup {own} : h \in {x \in SUBSET others : /\ Cardinality(x) + 1 >= Q
                                                   /\ Cardinality(Senders(x)) = Cardinality(x)}}

Next1(own, vote, id) == Message(own.slot, own.from, own.round + 1, vote, id)

(* Whoever names V1 without having heard its id can only say so. *)
V1(own, ids) == {Next1(own, "V1", id) : id \in IF ids = {} THEN {None} ELSE ids}

AfterProposals(own, heard) ==
  LET enough == IF Error = "VoteForAProposalWithoutMajority" THEN 1 ELSE Q
      major  == {v \in Proposable(own.slot) : Cardinality({m \in heard : m.id = v}) >= enough}
  IN  IF major # {} THEN V1(own, major)
      ELSE {Next1(own, "V?", id) : id \in IdsHeard(own.from, own.slot) \cup {None}}

AfterVote1(own, heard) ==
  LET ones   == Voting(heard, "V1")
      zeros  == Voting(heard, "V0")
      enough == IF Error = "Vote2WithoutMajority" THEN 1 ELSE Q
  IN  IF Cardinality(zeros) >= Q THEN {Next1(own, "V0", None)}
      ELSE IF Cardinality(ones) >= enough THEN V1(own, Ids(ones))
      ELSE {Next1(own, "V?", id) : id \in IF Ids(ones) = {} THEN {None} ELSE Ids(ones)}

(* The coin may show either side to each: safety must not depend on it. *)
AfterVote2(own, heard) ==
  LET ones  == Voting(heard, "V1")
      zeros == Voting(heard, "V0")
      coin  == {Next1(own, "V0", None)}
               \cup {Next1(own, "V1", id) : id \in IdsHeard(own.from, own.slot)}
  IN  IF Error = "CoinAgainstAVote" /\ own.round > 2 THEN coin
      ELSE IF ones # {} THEN V1(own, Ids(ones))
      ELSE IF zeros # {} \/ own.round = 2 THEN {Next1(own, "V0", None)}
      ELSE coin

After(own) ==
  UNION {IF own.round = 1 THEN AfterProposals(own, heard)
         ELSE IF FirstOfPhase(own) THEN AfterVote1(own, heard)
         ELSE AfterVote2(own, heard) : heard \in Waits(own)}

(* Into a later phase with a copy of any Vote1 of it. *)
Jumps(r, s, round) ==
  {IF Error = "JumpWithV0" THEN Message(s, r, m.round, "V0", None) ELSE [m EXCEPT !.from = r] :
     m \in {Heard(x) : x \in {y \in sent : y.slot = s /\ FirstOfPhase(y)
                                           /\ y.round > 1 /\ y.round > round}}}

Moves(r, s) ==
  LET own == Own(r, s)
  IN  IF own = {}
      THEN {Message(s, r, 1, "V1", v) : v \in Proposable(s)} \cup Jumps(r, s, 0)
      ELSE LET last == Newest(own)
           IN  IF last.round = LastRound THEN {} ELSE After(last) \cup Jumps(r, s, last.round)

(***************************************************************************)
(* Decisions.  All n equal in the first round of a phase, or f + 1 equal   *)
(* in the second.  The own message is among them only when it is durable,  *)
(* which here is when it left.  Whoever may decide has decided, at once,   *)
(* and votes on: nothing depends on it, since a replica may always crash   *)
(* before it tells anyone, or be one that has not heard those votes.       *)
(***************************************************************************)
Decisions(m, messages) ==
  LET equal  == {x \in messages : /\ x.slot = m.slot /\ x.round = m.round
                                  /\ x.vote = m.vote /\ x.id = m.id
                                  /\ HasVote(x.from, x.slot)}
      needed == IF FirstOfPhase(m)
                THEN IF Error = "FastDecisionAtAQuorum" THEN Q ELSE N
                ELSE IF Error = "DecisionAtF" THEN F ELSE F + 1
  IN  IF m.vote # "V?" /\ Cardinality(Senders(equal)) >= needed
      THEN {[slot |-> m.slot, round |-> m.round, outcome |-> Outcome(m)]} ELSE {}

DecidedOn(messages) ==
  LET counted == IF Error = "OwnVoteCountsBeforeItsForce"
                 THEN {sent' \cup Range(tail'[r]) : r \in Lives} ELSE {sent'}
  IN  UNION {Decisions(m, c) : m \in messages, c \in counted}

(***************************************************************************)
(* The log.  A record is durable before its message leaves; records become *)
(* durable in order.  A crash takes all that is volatile and the records   *)
(* that are not durable, but for any number of the oldest, which were just *)
(* written; what a restart finds it forces before anything else.  Records  *)
(* of a steady replica are durable at once: it never crashes, so the time  *)
(* until the force is a delay of the message and of its counting for       *)
(* oneself.                                                                *)
(***************************************************************************)
Leave(messages) ==
  /\ sent' = sent \cup messages
  /\ lost' = lost \ messages
  /\ decided' = decided \cup DecidedOn(messages)

Write(m) ==
  IF m.from \notin Unsteady THEN tail' = tail /\ Leave({m})
  ELSE /\ tail' = [tail EXCEPT ![m.from] = Append(@, m)]
       /\ IF Error = "VoteLeavesBeforeItsForce" THEN Leave({m})
          ELSE UNCHANGED <<sent, lost>> /\ decided' = decided \cup DecidedOn({m})

Move(r, s) ==
  /\ MayMove(r, s)
  /\ \E m \in Moves(r, s) : Write(m)
  /\ UNCHANGED <<floor, answers>>

Force(r) ==
  /\ tail[r] # <<>>
  /\ tail' = [tail EXCEPT ![r] = Tail(@)]
  /\ Leave({Head(tail[r])})
  /\ UNCHANGED <<floor, answers>>

Restart(r) ==
  \E kept \in 0 .. Len(tail[r]) :
    LET found     == SubSeq(tail[r], 1, kept)
        forgotten == IF Error = "RestartForgetsItsVotes" THEN {m \in Log(r) : m.round > 1}
                     ELSE IF Error = "RestartWithoutItsLog" THEN Log(r)
                     ELSE Range(tail[r]) \ Range(found)
    IN  /\ tail' = [tail EXCEPT ![r] = IF Error = "NoForceAtStart" THEN found ELSE <<>>]
        /\ sent' = sent \cup Range(found)
        /\ lost' = (lost \ Range(found)) \cup (forgotten \cap sent')
        /\ decided' = decided \cup DecidedOn(Range(found))
        /\ UNCHANGED <<floor, answers>>

(***************************************************************************)
(* The read.  After it began, each replica tells the highest slot that it  *)
(* has taken part in, at any time; one that has applied more tells more,   *)
(* which only makes the reader wait for more.  A new life answers when all *)
(* slots before its first one are applied.  The reader goes on with the    *)
(* answers of any Q of those who govern the slot after those that it has   *)
(* applied.  One read is enough: each has a nonce of its own.              *)
(***************************************************************************)
TakenPart(r) == Max({m.slot : m \in Log(r)} \cup {-1})

BeginRead ==
  /\ Reads /\ floor = Unasked
  /\ Applied >= 0     \* else there is nothing to miss
  /\ floor' = Applied
  /\ UNCHANGED <<sent, tail, lost, decided, answers>>

Answer(r) ==
  /\ floor # Unasked /\ answers[r] = Unasked
  /\ r \in Fresh => r \in Members(Applied + 1)
  /\ \E answer \in IF Error = "BarrierAnswersWithApplied" THEN -1 .. Applied ELSE {TakenPart(r)} :
       answers' = [answers EXCEPT ![r] = answer]
  /\ UNCHANGED <<sent, tail, lost, decided, floor>>

Init ==
  /\ sent = {} /\ lost = {} /\ decided = {}
  /\ tail = [r \in Lives |-> <<>>]
  /\ floor = Unasked
  /\ answers = [r \in Lives |-> Unasked]

Next ==
  \/ \E r \in Lives, s \in Slots : Move(r, s)
  \/ \E r \in Unsteady : Force(r) \/ Restart(r)
  \/ BeginRead
  \/ \E r \in Lives : Answer(r)

Spec == Init /\ [][Next]_vars

(***************************************************************************)
(* What must hold.                                                         *)
(***************************************************************************)
Agreement ==
  \A a, b \in decided : a.slot = b.slot => a.outcome = b.outcome

Validity ==
  \A d \in decided : d.outcome # None =>
    Cardinality(Senders({m \in sent : m.slot = d.slot /\ m.round = 1 /\ m.id = d.outcome})) >= Q

NoEquivocation ==
  Cardinality({<<m.slot, Seat(m.from), m.round>> : m \in sent}) = Cardinality(sent)

OneLifeInASlot ==
  \A a, b \in sent : a.slot = b.slot /\ Seat(a.from) = Seat(b.from) => a.from = b.from

OneValueInVote2 ==
  \A a, b \in {m \in sent : ~FirstOfPhase(m) /\ m.vote # "V?"} :
    a.slot = b.slot /\ a.round = b.round => a.vote = b.vote /\ a.id = b.id

ValueLocking ==
  \A d \in decided : \A m \in sent :
    m.slot = d.slot /\ FirstOfPhase(m) /\ m.round > d.round => Outcome(m) = d.outcome

V1KnowsItsId ==
  \A m \in sent : /\ m.vote = "V1" => m.id \in Proposable(m.slot)
                  /\ m.vote = "V?" /\ m.round > 2 => m.id \in Proposable(m.slot)

NothingIsLost == lost = {}

(* Whoever has applied up to x only, and must see more, learns it from those who govern x + 1. *)
ReadIsFresh ==
  \A x \in -1 .. floor - 1 :
    LET govern == IF Error = "BarrierAsksThoseBefore" THEN Replicas ELSE Members(x + 1)
    IN  \A asked \in SUBSET {r \in govern : answers[r] # Unasked} :
          Cardinality(asked) >= Q => \E r \in asked : answers[r] > x

(***************************************************************************)
(* What must be possible: as an invariant, each of these must be violated. *)
(***************************************************************************)
NoSlotIsForfeited == \A d \in decided : d.outcome # None

NoValueIsFirstDecidedInPhase2 ==
  ~\E d \in decided : d.outcome # None /\ \A e \in decided : e.round > 4

NoAnswerIsLow == \A r \in Lives : answers[r] = Unasked \/ answers[r] >= floor

NoNewLifeIsNeeded ==
  ~\E d \in decided : \E m \in sent :
    /\ m.slot = d.slot /\ m.round = d.round /\ m.from \in Fresh /\ Outcome(m) = d.outcome
    /\ Cardinality({x \in sent : x.slot = d.slot /\ x.round = d.round}) < N

(***************************************************************************)
(* Fewer states, the same verdict.                                         *)
(***************************************************************************)

(* Nothing tells one steady replica from another, or one value. *)
Symmetry ==
  Permutations(Replicas \ (Unsteady \cup Forgetful)) \cup Permutations(Unsteady) \cup Permutations(Values)

(***************************************************************************)
(* Round by round: a message leaves only after all replicas have sent      *)
(* theirs of the round before.  (An action constraint, for one slot and no *)
(* read, and without errors of the log.)  No violation is missed: let S be *)
(* the set of sent messages that shows one.  A message depends on those of *)
(* the round before, or on a Vote1 of its own round that was there before  *)
(* it, and what was sent stays available; so S can be sent in the order of *)
(* its rounds.  Where a replica is silent in a round, let it speak there   *)
(* as well: it can, because of a round that anyone went beyond Q messages  *)
(* were sent.  Nobody has to hear what is added, so everyone else can say  *)
(* what it said; the replica itself jumps where it jumped.  Records that a *)
(* crash took were seen by nobody.  That is a run round by round to a      *)
(* superset of S; and what is broken in S is broken there, for a replica   *)
(* that did not propose can propose anything.                              *)
(***************************************************************************)
RoundByRound ==
  \A m \in sent' \ sent : m.round > 1 =>
    Replicas \ {m.from} \subseteq Senders({x \in sent : x.slot = m.slot /\ x.round = m.round - 1})

(***************************************************************************)
(* What the future depends on, and what it is held against: messages of    *)
(* rounds that all replicas have left are not waited for any more, but for *)
(* the ids that were named in them, and the values of a majority.          *)
(***************************************************************************)
Behind(s) == Min({Max({m.round : m \in {x \in sent : x.from = r /\ x.slot = s}} \cup {0})
                  : r \in Replicas})

Present ==
  [s \in Slots |->
    <<{m \in sent : m.slot = s /\ m.round >= Behind(s)},
      Ids({m \in sent : m.slot = s /\ m.round > 1}),
      {v \in Values : Cardinality({m \in sent : m.slot = s /\ m.round = 1 /\ m.id = v}) >= Q}>>]

View == <<Present, tail, lost, decided, floor, answers>>
============================================================================
