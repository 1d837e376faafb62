package io.rabia.engine;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.Quorum;
import io.rabia.core.RabiaException;
import io.rabia.core.RabiaException.ChangeRefused;
import io.rabia.core.RabiaException.ChangeRefused.Reason;
import io.rabia.core.Token;
import io.rabia.core.transport.Handshake;
import io.rabia.engine.protocol.Change;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.Replica;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node does about the members of its cluster (protocol.md section 7): takes changes in that
 * are safe to propose, connects to whom they name, tells when one governs, and ends a node that is
 * a member no more once nobody needs it. One thread.
 */
final class Membership {
  private static final Logger LOG = LoggerFactory.getLogger(Membership.class);
  private static final int NOBODY = -1;

  /** So many heartbeats without a connection make a life of a member look dead. */
  private static final int SUSPICION = 5;

  /** After so many heartbeats without any connection a node waits for nobody to dial. */
  static final int ALONE = 10;

  private final EngineAgent.Parts parts;
  private final Replica replica;
  private final Links links;
  private final SessionKeeper keeper;
  private Configuration governing;
  private Configuration newest;

  /** Was this token a member in the slots so far? */
  private boolean wasMember;

  private boolean left;
  private final Dismissal dismissal;

  /** Since when nobody is connected, and whether this node therefore connects to all by itself. */
  private long aloneSince;

  private boolean dialsAll;

  /** Without a vote or a quorum, whom it was told of may know more than whom it knows of. */
  private boolean seeks = true;

  /** When this node last proposed that a member comes back; its start if it never did. */
  private long proposedAt;

  Membership(
      EngineAgent.Parts parts, Replica replica, Links links, SessionKeeper keeper, long now) {
    this.parts = parts;
    this.replica = replica;
    this.links = links;
    this.keeper = keeper;
    governing = replica.governing();
    newest = replica.configuration();
    proposedAt = now;
    aloneSince = now;
    dismissal = new Dismissal(parts.id());
  }

  /** Has this node a vote in the next slot to apply? */
  boolean votes() {
    return governing.indexOf(replica.own()) >= 0;
  }

  /** Its own index in the configuration that governs the next slot, or -1. */
  int index() {
    return governing.indexOf(replica.own());
  }

  Configuration governing() {
    return governing;
  }

  ClusterView view() {
    return ClusterView.of(newest);
  }

  /** The log was read. */
  void recovered(Consumer<Consumer<EngineListener>> tell) {
    follow(tell);
    if (newest.epoch() > 0 || !votes()) {
      connect();
    }
  }

  /** Follows what was applied, and helps members back that lost their votes. */
  void advance(Consumer<Consumer<EngineListener>> tell, long now) {
    if (governing.epoch() != replica.governing().epoch()
        || newest.epoch() != replica.configuration().epoch()) {
      follow(tell);
      connect();
    }
    if (seeks == hasQuorum()) {
      seeks = !seeks;
      connect();
    }
    seekWhenAlone(now);
    if (votes()) {
      reincarnate(now);
    } else if (wasMember) {
      leave();
    } else {
      requireOthers();
    }
  }

  /**
   * Nobody connects to a process whose member is connected elsewhere, and of two members only one
   * dials: so who is alone asks all by itself, and hears why.
   */
  private void seekWhenAlone(long now) {
    boolean alone = links.count(newest) <= 1;
    aloneSince = alone ? aloneSince : now;
    boolean seeking = now - aloneSince >= ALONE * parts.config().heartbeatInterval().toNanos();
    if (dialsAll != seeking) {
      dialsAll = seeking;
      connect();
    }
  }

  /**
   * Proposes the new life of a member that has forgotten what it said, for which it connects under
   * a token that never was a member. Not while its former life may be alive: of two that hold each
   * other for dead, none would ever serve. Nor while another change is pending. Members that
   * propose the same do no harm, all but one are refused; the first one goes first.
   */
  private void reincarnate(long now) {
    if (replica.applied() < newest.firstSlot() || newest.size() < Boot.LEAST_TO_RECOVER) {
      return;
    }
    long suspicion = suspicion();
    if (now - proposedAt < suspicion) {
      return;
    }
    for (Configuration.Member member : newest.members()) {
      Links.Link former = links.of(member);
      int place = former.connected ? NOBODY : links.connected(member.id());
      boolean fresh = place >= 0 && replica.origin(links.get(place).token) < 0;
      if (fresh && now - former.lostAt >= suspicion * (2 + index()) / 2) {
        Token token = links.get(place).token;
        LOG.info("Node {}: member {} lost its votes and is to come back", parts.id(), member.id());
        proposedAt = now;
        keeper.change(Change.reincarnation(newest, member.token(), token).encode(), now);
        return;
      }
    }
  }

  /**
   * With one or two members nobody can decide anything without the one that lost its votes. Unless
   * that was long ago: the other one must be there to say that it knows of no later configuration,
   * and where there is none, whoever else there may be.
   */
  private void requireOthers() {
    if (comesBack() && newest.size() < Boot.LEAST_TO_RECOVER && isToldOfNothing()) {
      throw new RabiaException.NotAMember(
          "member "
              + parts.id()
              + " has lost its votes, and with "
              + newest.size()
              + " members there is no quorum without it");
    }
  }

  private boolean isToldOfNothing() {
    boolean told = newest.size() == 1 && parts.cluster().members().size() == 1;
    for (int place = 0; place < links.size(); place++) {
      Links.Link link = links.get(place);
      if (place != replica.self() && link.connected && link.heard) {
        told |= newest.size() == 1 || newest.indexOf(link.id) >= 0;
        if (link.applied > replica.applied()) {
          return false;
        }
      }
    }
    return told;
  }

  private void follow(Consumer<Consumer<EngineListener>> tell) {
    newest = replica.configuration();
    if (governing.epoch() != replica.governing().epoch()) {
      governing = replica.governing();
      ClusterView view = ClusterView.of(governing);
      LOG.info("Node {}: epoch {} governs, {}", parts.id(), view.epoch(), view.members());
      tell.accept(listener -> listener.onConfigurationChanged(view));
    }
    wasMember |= votes() || replica.origin(replica.own()) >= 0 && newest.indexOf(replica.own()) < 0;
  }

  private boolean hasQuorum() {
    return votes() && links.count(governing) >= governing.quorum();
  }

  /**
   * Members that leave are needed until the next configuration governs. All who are known here may
   * have been replaced meanwhile: so who has no quorum looks for those that its operator named,
   * too.
   */
  private void connect() {
    Map<NodeId, ClusterConfig.Member> members = new LinkedHashMap<>();
    if (seeks) {
      parts.cluster().members().forEach(member -> members.put(member.id(), member));
    }
    ClusterView.of(governing).members().forEach(member -> members.put(member.id(), member));
    ClusterView.of(newest).members().forEach(member -> members.put(member.id(), member));
    members.remove(parts.id());
    boolean joins = dialsAll || newest.indexOf(replica.own()) < 0;
    parts.transport().members(List.copyOf(members.values()), joins);
  }

  /**
   * This token has no vote any more. It is asked for what it knows until a quorum of those who
   * govern has it again after a crash: then nothing is left that only those who leave know.
   */
  private void leave() {
    int have = 0;
    for (Configuration.Member member : governing.members()) {
      have += links.of(member).kept >= governing.firstSlot() ? 1 : 0;
    }
    left = governing.indexOf(parts.id()) >= 0 || have >= governing.quorum();
    if (governing.indexOf(parts.id()) >= 0) {
      throw new RabiaException.NotAMember(
          "member "
              + parts.id()
              + " goes on with other votes since slot "
              + governing.firstSlot()
              + ": this process and its data directory belong to a former life of it");
    }
    if (left) {
      throw new RabiaException.NotAMember(
          "node "
              + parts.id()
              + " is not a member since slot "
              + governing.firstSlot()
              + " (epoch "
              + governing.epoch()
              + "), and is not needed any more");
    }
  }

  /**
   * Members whose votes are lost, as far as is known here: they are there under a token that never
   * had any. Empty while a majority has its own, so that all can come back.
   */
  List<NodeId> lostForGood() {
    List<NodeId> lost = new ArrayList<>();
    for (Configuration.Member member : newest.members()) {
      boolean self = member.id().equals(parts.id());
      int place = self ? replica.self() : links.connected(member.id());
      boolean fresh = place >= 0 && replica.origin(links.get(place).token) < 0;
      if (fresh) {
        lost.add(member.id());
      }
    }
    return lost.size() > newest.size() - newest.quorum() ? lost : List.of();
  }

  boolean comesBack() {
    return newest.indexOf(parts.id()) >= 0 && newest.indexOf(replica.own()) < 0 && !wasMember;
  }

  boolean hasLeft() {
    return left;
  }

  /** Why a node of this cluster may not connect, or null. */
  @Nullable String refuse(Handshake peer, long now) {
    Configuration last = replica.configuration();
    if (peer.epoch() == last.epoch() && peer.alpha() != last.alpha()) {
      return "another alpha: " + peer.alpha();
    }
    int index = last.indexOf(peer.id());
    int life = last.indexOf(peer.token());
    if (life >= 0 && life != index) {
      return "votes of member " + last.members().get(life).id() + " under the id " + peer.id();
    }
    return isTaken(peer, now) ? Dismissal.words(peer.id(), last.epoch()) : null;
  }

  /**
   * Is another process connected with the votes of this member? One that never had votes waits only
   * while that one is heard of: it may be dead, and its end not noticed yet.
   */
  private boolean isTaken(Handshake peer, long now) {
    Configuration last = replica.configuration();
    int index = last.indexOf(peer.id());
    if (index < 0 || last.indexOf(peer.token()) == index) {
      return false;
    }
    Links.Link current = links.of(last.members().get(index));
    boolean former = replica.origin(peer.token()) >= 0;
    return current.connected && (former || now - current.heardAt < suspicion());
  }

  private long suspicion() {
    return SUSPICION * parts.config().heartbeatInterval().toNanos();
  }

  /** A peer refused this process; one whose member goes on with other votes stops. */
  void refused(NodeId by, String words) {
    dismissal.refused(by, words);
    if (wasMember && dismissal.isCertain(newest)) {
      left = true;
      throw new RabiaException.NotAMember(
          "member "
              + parts.id()
              + " goes on with other votes, say the members that refuse this process: it and its"
              + " data directory belong to a former life of it");
    }
  }

  void connected(NodeId peer) {
    dismissal.accepted(peer);
  }

  /**
   * Why a node that is in no cluster may not connect, or null: who was a member at any time and
   * missed the formation, or holds this for a first start, is told of INIT, and who asks to be
   * taken in may listen; others are at the wrong address.
   */
  @Nullable String refuseUnformed(Handshake peer, long now) {
    if (isTaken(peer, now)) {
      return Dismissal.words(peer.id(), newest.epoch());
    }
    return peer.epoch() == Handshake.JOINS || replica.wasMember(peer.id())
        ? null
        : "not a member: " + peer.id() + ", and it does not ask to become one";
  }

  // ---- changes

  /** Proposes a change that will not stop the cluster. */
  void submit(Request request, PendingResults pending, long now) {
    try {
      Change change = change(request.question().view());
      keeper.change(request, change.encode(), now);
    } catch (RabiaException e) {
      pending.fail(request, e);
    }
  }

  private Change change(ClusterView next) {
    if (replica.applied() < newest.firstSlot()) {
      throw new ChangeRefused(
          Reason.PENDING,
          "epoch " + newest.epoch() + " governs from slot " + newest.firstSlot() + " on");
    }
    List<Change.Entry> entries = new ArrayList<>();
    for (ClusterConfig.Member member : next.members()) {
      entries.add(
          new Change.Entry(member.id(), tokenOf(member.id()), member.host(), member.port()));
    }
    Change change = new Change(next.epoch(), next.alpha(), entries);
    Change.judge(change, newest);
    requireReady(change);
    return change;
  }

  private Token tokenOf(NodeId id) {
    int index = newest.indexOf(id);
    if (index >= 0) {
      return newest.members().get(index).token();
    }
    int place = links.connected(id);
    if (place < 0) {
      throw new ChangeRefused(Reason.UNSAFE, "node " + id + " is not connected to this one");
    }
    return links.get(place).token;
  }

  /**
   * A quorum of the new members is there and has caught up: else nothing could be decided any more,
   * not even another change.
   */
  private void requireReady(Change change) {
    int ready = 0;
    List<NodeId> missing = new ArrayList<>();
    for (Change.Entry entry : change.members()) {
      boolean there = entry.token().equals(replica.own()) || isNear(entry);
      ready += there ? 1 : 0;
      if (!there) {
        missing.add(entry.id());
      }
    }
    int quorum = Quorum.size(change.members().size());
    if (ready < quorum) {
      throw new ChangeRefused(
          Reason.UNSAFE,
          ready
              + " of the new members are connected and have caught up, "
              + quorum
              + " must; missing: "
              + missing);
    }
  }

  private boolean isNear(Change.Entry entry) {
    Links.Link link = links.get(links.place(entry.id(), entry.token()));
    return link.connected && link.applied + newest.alpha() >= replica.applied();
  }
}
