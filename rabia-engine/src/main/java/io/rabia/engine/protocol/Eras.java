package io.rabia.engine.protocol;

import io.rabia.core.InvariantViolation;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.RabiaException.ChangeRefused;
import io.rabia.core.RabiaException.ChangeRefused.Reason;
import io.rabia.core.Token;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Which configuration governs which slot (protocol.md section 7), replicated state: a change that
 * is decided in slot s governs from s + ALPHA on, with the larger ALPHA of the two.
 *
 * <p>Why nobody votes in a slot under the wrong configuration: a replica with a slots applied takes
 * part below {@link #limit} only. A change that it does not know is decided in some slot s &gt;= a.
 * If no change is pending, s + ALPHA &gt;= a + ALPHA = limit. If one is, s is refused unless it is
 * at or above the pending one's first slot F, so it governs from F + ALPHA' at the earliest, and
 * limit is at most max(F, a + ALPHA') &lt;= F + ALPHA'. So whoever takes part in a slot knows its
 * configuration, and two who take part in it know the same one.
 *
 * <p>Why a token's votes count in its reign only: the tally of a slot has places for the members of
 * the slot's configuration, by token ({@link Era#index}); nobody else's votes have a place. So the
 * votes of a former life count below the slot from which its successor governs, dead or alive, and
 * those of the successor from there: where it is unknown what the former life said, the successor
 * is mute. One thread.
 */
final class Eras {
  /** A row of the applied-batch table is dropped so many windows after its token's reign. */
  private static final int AFTERLIFE = 16;

  /** One who was a member at some time: tokens are numbered as they enter. */
  private record Life(NodeId id, Token token) {}

  /** The rows of these origins are dropped once so many slots are applied. */
  private record Farewell(int origin, long slot) {}

  final Peers peers = new Peers();
  private final NodeId id;
  private Token own;
  private int self;
  private final List<Life> lives = new ArrayList<>();
  private final List<Farewell> farewells = new ArrayList<>();
  private Era newest;
  private int widest;

  Eras(Configuration founders, NodeId id, Token own) {
    this.id = id;
    this.own = own;
    int n = founders.size();
    for (Configuration.Member member : founders.members()) {
      InvariantViolation.check(
          member.origin() == peers.add(member.id(), member.token()),
          "founders are numbered in order");
      lives.add(new Life(member.id(), member.token()));
    }
    int index = founders.indexOf(own);
    self = index >= 0 ? index : peers.add(id, own);
    int[] places = new int[n];
    for (int i = 0; i < n; i++) {
      places[i] = i;
    }
    newest = new Era(founders, null, places, self);
    widest = founders.alpha();
    peers.get(self).connected = true;
  }

  /** The own life is this one from now on; nothing was said under the one before. */
  void speakAs(Token token) {
    if (token.equals(own)) {
      return;
    }
    peers.get(self).connected = false;
    own = token;
    int known = peers.find(token);
    self = known >= 0 ? known : peers.add(id, token);
    peers.get(self).connected = true;
    for (Era era = newest; era != null; era = era.before) {
      era.speakAs(self);
    }
  }

  Token own() {
    return own;
  }

  /** The own place. */
  int self() {
    return self;
  }

  /** Governs the slot, as far as is known here; that is so for all slots below {@link #limit}. */
  Era of(long slot) {
    Era era = newest;
    Era before = era.before;
    while (before != null && slot < era.first()) {
      era = before;
      before = era.before;
    }
    return era;
  }

  Era newest() {
    return newest;
  }

  /** The largest ALPHA so far: tables and the window have room for it. */
  int widest() {
    return widest;
  }

  /** The first slot that a replica with so many slots applied may not take part in. */
  long limit(long applied) {
    Era era = of(applied);
    long limit = applied + era.configuration.alpha();
    return limit < era.end ? limit : Math.max(era.end, applied + newest.configuration.alpha());
  }

  /** The first slot after the round of this one: no round goes on under another configuration. */
  long roundEnd(long slot) {
    Era era = of(slot);
    return Math.min(era.end, era.configuration.roundEnd(slot));
  }

  int place(NodeId peer, Token token) {
    return peers.place(peer, token, newest);
  }

  /** The ordinal of a token that is or was a member, or -1. */
  int origin(Token token) {
    for (int origin = lives.size() - 1; origin >= 0; origin--) {
      if (lives.get(origin).token().equals(token)) {
        return origin;
      }
    }
    return -1;
  }

  int ownOrigin() {
    return origin(own);
  }

  /** Whose batches these are. */
  NodeId idOf(int origin) {
    return lives.get(origin).id();
  }

  boolean wasMember(NodeId member) {
    return lives.stream().anyMatch(life -> life.id().equals(member));
  }

  /** How many tokens have been members. */
  int origins() {
    return lives.size();
  }

  /** The first slot that the own token has a vote in, or the largest number. */
  long firstVote() {
    long first = Long.MAX_VALUE;
    for (Era era = newest; era != null; era = era.before) {
      first = era.self >= 0 ? era.first() : first;
    }
    return first;
  }

  // ---- changes

  /**
   * Takes a change that is applied in this slot.
   *
   * @throws ChangeRefused the same at every replica: nothing has changed then
   */
  Configuration apply(ByteBuffer payload, long slot) {
    Change change;
    try {
      change = Change.decode(payload);
    } catch (RabiaException.Serialization e) {
      throw new ChangeRefused(Reason.INVALID, String.valueOf(e.getMessage()));
    }
    judge(change, slot);
    Configuration now = newest.configuration;
    long first = slot + Math.max(now.alpha(), change.alpha());
    List<Configuration.Member> members = new ArrayList<>();
    for (Change.Entry entry : change.members()) {
      int origin = origin(entry.token());
      if (origin < 0) {
        origin = lives.size();
        lives.add(new Life(entry.id(), entry.token()));
      }
      members.add(
          new Configuration.Member(entry.id(), entry.token(), origin, entry.host(), entry.port()));
    }
    Configuration next = new Configuration(now.epoch() + 1, first, change.alpha(), members);
    for (Configuration.Member member : now.members()) {
      if (next.indexOf(member.token()) < 0) {
        farewells.add(new Farewell(member.origin(), first + (long) AFTERLIFE * now.alpha()));
      }
    }
    succeed(next);
    return next;
  }

  private void judge(Change change, long slot) {
    Configuration now = newest.configuration;
    if (slot < now.firstSlot()) {
      throw new ChangeRefused(
          Reason.PENDING, "epoch " + now.epoch() + " governs from slot " + now.firstSlot() + " on");
    }
    Change.judge(change, now);
    for (Change.Entry entry : change.members()) {
      int index = now.indexOf(entry.token());
      boolean stays = index >= 0 && now.members().get(index).id().equals(entry.id());
      if (!stays && origin(entry.token()) >= 0) {
        throw new ChangeRefused(
            Reason.OLD_TOKEN, "the votes of member " + entry.id() + " belong to a former life");
      }
    }
  }

  private void succeed(Configuration next) {
    int[] places = new int[next.size()];
    for (int i = 0; i < places.length; i++) {
      Configuration.Member member = next.members().get(i);
      places[i] = peers.place(member.id(), member.token(), newest);
      peers.get(places[i]).needed = true;
    }
    newest.end = next.firstSlot();
    newest = new Era(next, newest, places, self);
    for (int place : places) {
      peers.get(place).needed = false;
    }
    widest = Math.max(widest, next.alpha());
  }

  /** Is there anything of a former configuration left? */
  boolean isChanging() {
    return newest.before != null || !farewells.isEmpty();
  }

  /** Forgets the eras of which no slot is asked for any more. */
  void forgetBelow(long slot) {
    for (Era era = newest; era != null; era = era.before) {
      if (era.first() <= slot) {
        era.before = null;
      }
    }
  }

  /** The next origin whose row is to be dropped with so many slots applied, or -1. */
  int takeFarewell(long applied) {
    for (int i = 0; i < farewells.size(); i++) {
      if (farewells.get(i).slot() <= applied) {
        return farewells.remove(i).origin();
      }
    }
    return -1;
  }

  // ---- snapshots

  void save(DataOutput out) throws IOException {
    List<Configuration> known = new ArrayList<>();
    for (Era era = newest; era != null; era = era.before) {
      known.add(0, era.configuration);
    }
    out.writeInt(lives.size());
    for (Life life : lives) {
      out.writeShort(life.id().value());
      out.writeLong(life.token().high());
      out.writeLong(life.token().low());
    }
    out.writeInt(farewells.size());
    for (Farewell farewell : farewells) {
      out.writeInt(farewell.origin());
      out.writeLong(farewell.slot());
    }
    out.writeInt(widest);
    out.writeByte(known.size());
    for (Configuration configuration : known) {
      configuration.write(out);
    }
  }

  /** Takes what {@link #save} wrote, in place of what the founders agreed on. */
  void load(DataInput in) throws IOException {
    lives.clear();
    int count = in.readInt();
    for (int i = 0; i < count; i++) {
      NodeId member = NodeId.of(in.readUnsignedShort());
      lives.add(new Life(member, new Token(in.readLong(), in.readLong())));
    }
    farewells.clear();
    int leaving = in.readInt();
    for (int i = 0; i < leaving; i++) {
      farewells.add(new Farewell(in.readInt(), in.readLong()));
    }
    widest = in.readInt();
    int eras = in.readByte();
    for (int i = 0; i < eras; i++) {
      Configuration configuration = Configuration.read(in);
      if (configuration.epoch() > newest.configuration.epoch()) {
        succeed(configuration);
      }
    }
  }

  /** Part of the state hash: who votes in which slots, and who ever did. */
  long hash() {
    long hash = lives.size();
    for (Life life : lives) {
      hash = hash(hash, life.token());
    }
    Configuration last = newest.configuration;
    hash = hash * 31 + last.epoch();
    hash = hash * 31 + last.firstSlot();
    hash = hash * 31 + last.alpha();
    for (Configuration.Member member : last.members()) {
      hash = hash(hash, member.token()) * 31 + member.id().value();
      hash = (hash * 31 + member.host().hashCode()) * 31 + member.port();
    }
    return hash;
  }

  /** The same on every virtual machine, which the hash codes of records need not be. */
  private static long hash(long seed, Token token) {
    return (seed * 31 + token.high()) * 31 + token.low();
  }

  @Override
  public String toString() {
    return "Eras[id=" + id + ", newest=" + newest.configuration + "]";
  }
}
