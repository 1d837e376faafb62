package io.rabia.engine.protocol;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Token;
import io.rabia.core.message.Message;
import io.rabia.engine.protocol.Configuration.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The first start of a cluster (protocol.md section 6): all must agree on the initial tokens, and a
 * first start looks from inside like a lost disk. The first id of the member list founds: it
 * collects from every other member the promise to take INIT from this founder's token only, and
 * writes INIT once it has all.
 *
 * <p>A founder that lost its disk may get promises again, from members that missed INIT, before it
 * meets one that holds it. Then only that founder frees those who promised: it takes the INIT that
 * is there as who joins does, and passes it on in its own name. Why this is safe: a promise leaves
 * it to the founder's life that got it which INIT is taken. That life holds this one, durable,
 * before it passes it on, so it never writes another; earlier lives were left, and what they may
 * have written is taken from nobody but them. INIT straight from a member is not taken: that member
 * may have been replaced, on another disk, by one whose promise the founder has got, and then the
 * founder writes a second INIT with the votes of both. Pure; records go to the log and are durable
 * before the messages leave, as everywhere.
 */
@Internal
public final class Formation {

  /** A message for a member. */
  public record Outgoing(NodeId to, Message message) {}

  private final ClusterConfig cluster;
  private final NodeId self;
  private final Token own;
  private final long secretHash;
  private final long clockStart;
  private final Map<NodeId, Token> promises = new TreeMap<>();
  private final List<Token> left = new ArrayList<>();
  private final List<Outgoing> messages = new ArrayList<>();
  private final List<Message> records = new ArrayList<>();
  private Token promised = Token.NONE;
  private @Nullable Init init;

  /**
   * @param own the token of this member's votes, durable already
   * @param clockStart nanoseconds since 1970, used when this member founds
   */
  public Formation(
      ClusterConfig cluster, NodeId self, Token own, long secretHash, long clockStart) {
    this.cluster = cluster;
    this.self = self;
    this.own = own;
    this.secretHash = secretHash;
    this.clockStart = clockStart;
    promises.put(self, own);
  }

  /** What was promised before a restart, in the order of the log. */
  public void restorePromise(Token founder) {
    if (!promised.equals(founder)) {
      left.add(promised);
      promised = founder;
    }
  }

  private boolean founds() {
    return cluster.members().get(0).id().equals(self);
  }

  /** Founds alone, if the cluster has one member. */
  public void start() {
    found();
  }

  public void onConnected(NodeId peer) {
    if (founds() && init == null) {
      messages.add(new Outgoing(peer, new Message.FormationAsk(own)));
    }
  }

  public void onAsk(NodeId from, Token founder) {
    if (founds() || init != null || left.contains(founder)) {
      return;
    }
    if (!promised.equals(founder)) {
      records.add(new Message.FormationPromise(founder, own));
      restorePromise(founder);
    }
    messages.add(new Outgoing(from, new Message.FormationPromise(founder, own)));
  }

  /**
   * Says again what no answer came to: a frame may be lost although its connection lives on. All
   * that is said is a promise that was given, or asks for one, so it may be said any number of
   * times; who holds INIT answers a promise with it.
   */
  public void repeat() {
    if (init != null) {
      return;
    }
    for (ClusterConfig.Member member : cluster.members()) {
      NodeId id = member.id();
      if (founds() && !promises.containsKey(id)) {
        messages.add(new Outgoing(id, new Message.FormationAsk(own)));
      } else if (!founds() && !promised.equals(Token.NONE) && !id.equals(self)) {
        messages.add(new Outgoing(id, new Message.FormationPromise(promised, own)));
      }
    }
  }

  public void onPromise(NodeId from, Token founder, Token token) {
    if (founds() && init == null && founder.equals(own) && cluster.member(from).isPresent()) {
      promises.put(from, token);
      found();
    }
  }

  private void found() {
    if (!founds() || init != null || promises.size() < cluster.members().size()) {
      return;
    }
    List<Member> members = new ArrayList<>();
    for (ClusterConfig.Member member : cluster.members()) {
      Token token = promises.get(member.id());
      members.add(new Member(member.id(), token, members.size(), member.host(), member.port()));
    }
    take(new Init(cluster.name(), members, cluster.alpha(), secretHash, clockStart));
  }

  /** Are this member's votes in it? */
  public boolean isIn(Init received) {
    return received.members().stream()
        .anyMatch(member -> member.id().equals(self) && member.token().equals(own));
  }

  /**
   * An INIT came from a member that holds it.
   *
   * @param from the life of that member
   * @throws RabiaException.NotAMember when the cluster was formed with another life of this member:
   *     its votes are lost
   */
  public void onInit(Init received, Token from) {
    if (init != null) {
      return;
    }
    if (!received.clusterName().equals(cluster.name()) || received.secretHash() != secretHash) {
      throw new RabiaException.WrongCluster("INIT of a cluster with another name or secret");
    }
    if (!isIn(received)) {
      throw exists(self);
    }
    if (founds() || received.founder().equals(promised) || from.equals(promised)) {
      take(received);
    }
  }

  /** What ends a first start under the id of a member. */
  public static RabiaException.NotAMember exists(NodeId member) {
    return new RabiaException.NotAMember(
        "the cluster exists and knows member "
            + member
            + " with votes that this data directory does not hold; start it with --initial existing");
  }

  private void take(Init taken) {
    init = taken;
    records.add(new Message.Init(taken.encode()));
    for (Member member : taken.members()) {
      if (!member.id().equals(self)) {
        messages.add(new Outgoing(member.id(), new Message.Init(taken.encode())));
      }
    }
  }

  /** The INIT that this member holds; act on it once the records are durable. */
  public @Nullable Init init() {
    return init;
  }

  /** Takes the records to append, in order. */
  public List<Message> takeRecords() {
    List<Message> taken = List.copyOf(records);
    records.clear();
    return taken;
  }

  /** Takes the messages to send after that. */
  public List<Outgoing> takeMessages() {
    List<Outgoing> taken = List.copyOf(messages);
    messages.clear();
    return taken;
  }
}
