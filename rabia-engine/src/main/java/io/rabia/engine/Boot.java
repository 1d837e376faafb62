package io.rabia.engine;

import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Token;
import io.rabia.core.message.FrameHeader;
import io.rabia.core.message.Message;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.message.MessageHandler;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.transport.Handshake;
import io.rabia.engine.protocol.Formation;
import io.rabia.engine.protocol.Init;
import io.rabia.engine.protocol.LogRecords;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a node becomes a member: reads its identity and its past from the log, or takes part in the
 * first start; and what it tells and asks of peers in handshakes. One thread.
 */
final class Boot {
  private static final Logger LOG = LoggerFactory.getLogger(Boot.class);

  /** With fewer members there is no majority without the one that lost its votes. */
  static final int LEAST_TO_RECOVER = 3;

  private final EngineAgent.Parts parts;
  private final LongSupplier clock;
  private final LongSupplier wallClock;
  private final LongSupplier random;
  private final Completions completions;
  private final Consumer<Consumer<EngineListener>> tell;
  private final Predicate<Token> members;
  private final Persistence persistence;
  private final long secretHigh;
  private final long secretLow;
  private final long secretHash;

  private final Map<NodeId, Handshake> peers = new TreeMap<>();
  private final Map<NodeId, Seen> seen = new TreeMap<>();
  private Token token = Token.NONE;

  /** The log held nothing when it was opened. */
  private boolean fresh;

  private final List<Token> promises = new ArrayList<>();
  private @Nullable Init init;
  private @Nullable Member recovered;
  private @Nullable Formation formation;

  /** Of the cluster that this node joins. */
  private @Nullable Init offered;

  private volatile ClusterId clusterId = ClusterId.NONE;
  private long lastGroup;

  /** Where the log ended when this process began. */
  private long begunAt;

  /** Processes with which this one has been connected, by their tokens. */
  private final Set<Token> met = new HashSet<>();

  private long repeatedAt;
  private long aloneSince;
  private boolean dialsAll;

  /** Why this process may not vote as who it was; null when it may. */
  private @Nullable String votesLost;

  /** How far a life of a member was seen to have come. */
  private record Seen(Token token, long position) {
    static final Seen NOTHING = new Seen(Token.NONE, 0);
  }

  /**
   * @param members is this the token of a member now, as far as is known here?
   */
  Boot(
      EngineAgent.Parts parts,
      LongSupplier clock,
      LongSupplier wallClock,
      LongSupplier random,
      Completions completions,
      Consumer<Consumer<EngineListener>> tell,
      Predicate<Token> members) {
    this.members = members;
    this.parts = parts;
    this.clock = clock;
    this.wallClock = wallClock;
    this.random = random;
    this.completions = completions;
    this.tell = tell;
    persistence = parts.persistence();
    ByteBuffer digest = ByteBuffer.wrap(sha256(parts.cluster()));
    secretHigh = digest.getLong();
    secretLow = digest.getLong();
    secretHash = secretHash(parts.cluster());
  }

  /** What members compare: of the secret, but it does not tell it. */
  static long secretHash(ClusterConfig cluster) {
    return ByteBuffer.wrap(sha256(cluster)).getLong(2 * Long.BYTES);
  }

  private static byte[] sha256(ClusterConfig cluster) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(cluster.name().getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
      return digest.digest(cluster.secret());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Reads the log; returns the member that it makes, or null when there is none yet. */
  @Nullable Member open(long now, Runnable wakeup) {
    try {
      replay(now, wakeup);
    } catch (RuntimeException | Error e) {
      Member half = recovered;
      if (half != null) {
        half.close();
      }
      throw e;
    }
    return recovered;
  }

  /**
   * The member that the log makes, without taking part in anything: the log stays as it is. Where
   * it is damaged, {@link #votesLost} tells, and what is there before that is used.
   */
  @Nullable Member look() {
    try {
      persistence.look(new Past(0, true));
    } catch (RuntimeException | Error e) {
      Member half = recovered;
      if (half != null) {
        half.close();
      }
      throw e;
    }
    return recovered;
  }

  private void replay(long now, Runnable wakeup) {
    aloneSince = now;
    lastGroup = persistence.open(new Past(now, false), wakeup);
    begunAt = lastGroup;
    if (token.equals(Token.NONE)) {
      fresh = true;
      token = new Token(random.getAsLong(), random.getAsLong());
      if (!joins()) {
        append(List.of(identity()));
      }
    }
    if (recovered != null) {
      begin(recovered, now);
    }
  }

  private void begin(Member member, long now) {
    member.speakAs(token);
    member.recovered(lastGroup, now);
  }

  /** What the log tells: who this is, then what the member did. */
  private final class Past implements Persistence.GroupHandler {
    private final MessageHandler identity;
    private final long now;
    private final boolean looks;
    private long afterSnapshot = Persistence.NONE;

    Past(long now, boolean looks) {
      this.now = now;
      this.looks = looks;
      identity = new IdentityRecords(now);
    }

    @Override
    public void onVotesLost(String why) {
      if (!looks) {
        requireOthers(why);
      }
      votesLost = why;
    }

    /**
     * A log begins with its owner's identity, or behind a snapshot. One that began after a loss
     * begins with both, and the identity in the snapshot is that of before.
     */
    @Override
    public void onSnapshot(long first, InputStream content) throws IOException {
      DataInputStream in = new DataInputStream(content);
      SnapshotHead head = SnapshotHead.read(in);
      requireOwn(head.id().value());
      if (votesLost == null) {
        token = head.token();
      }
      afterSnapshot = first;
      Member member = member(head.init(), now);
      recovered = member;
      member.restore(first, in, now);
    }

    @Override
    public boolean onGroup(long number, ByteBuffer group) {
      Member member = recovered;
      if (member == null) {
        MessageCodec.read(group, identity);
      } else {
        if (number == afterSnapshot) {
          MessageCodec.read(group.duplicate(), new Identities());
        }
        return recover(member, number, group);
      }
      return true;
    }

    /**
     * A log with a hole for which no intact snapshot stands is given up: the next start goes on.
     */
    private boolean recover(Member member, long number, ByteBuffer group) {
      try {
        member.recover(number, group);
        return true;
      } catch (RabiaException.Checksum e) {
        if (looks) {
          votesLost = e.getMessage();
          return false;
        }
        if (member.view().members().size() >= LEAST_TO_RECOVER) {
          persistence.disown(String.valueOf(e.getMessage()), true);
        }
        throw e;
      }
    }
  }

  /**
   * Refuses to give a log up where nobody else could go on, by the newest configuration that can
   * still be read; by the seeds, which may be any of the members, only when none can.
   *
   * <p>What is damaged may hide a later one, and no answer is safe against that but one thing is:
   * neither answer lets a vote count twice. Who goes on is mute under a new token whatever the
   * configuration is; who refuses says nothing. So the hidden change costs convenience only. If it
   * grew the cluster, the log is refused in vain, is left as it is, and an empty directory comes
   * back. If it shrank it, the log is moved aside, whole, beside its snapshot, and {@link
   * Membership} stops this node once it hears of it. A log that was moved aside was judged then.
   */
  private void requireOthers(String why) {
    LastConfiguration last = new LastConfiguration(parts.id());
    if (!persistence.look(last)) {
      return;
    }
    int members = last.size(parts.cluster().members().size());
    if (members < LEAST_TO_RECOVER) {
      throw new RabiaException.Checksum(
          why
              + "; this member has lost its votes, and there is no majority without it in a cluster"
              + " of "
              + members
              + ", which it was as far as can be read. If more members are up, start it with an empty"
              + " directory and --initial existing");
    }
  }

  private void requireOwn(int nodeId) {
    if (nodeId != parts.id().value()) {
      throw new RabiaException.Validation(
          "the data directory belongs to member " + nodeId + ", not " + parts.id());
    }
  }

  private class Identities extends LogRecords {
    @Override
    public void onIdentity(int nodeId, Token own) {
      requireOwn(nodeId);
      token = own;
      Member member = recovered;
      if (member != null) {
        member.speakAs(own);
      }
    }
  }

  private final class IdentityRecords extends Identities {
    private final long now;

    IdentityRecords(long now) {
      this.now = now;
    }

    @Override
    public void onFormationPromise(Token founder, Token own) {
      promises.add(founder);
    }

    @Override
    public void onInit(ByteBuffer encoded) {
      recovered = member(Init.decode(encoded), now);
    }
  }

  private void requireOurs(Init taken) {
    if (!taken.clusterName().equals(parts.cluster().name())) {
      throw new RabiaException.WrongCluster(
          "the data directory belongs to cluster '" + taken.clusterName() + "'");
    }
    if (taken.secretHash() != secretHash) {
      throw new RabiaException.WrongCluster("the cluster was formed with another secret");
    }
  }

  private Member member(Init taken, long now) {
    requireOurs(taken);
    if (taken.alpha() != parts.cluster().alpha()) {
      LOG.warn(
          "Node {}: alpha {} of the configuration has no effect, the cluster was formed with {}",
          parts.id(),
          parts.cluster().alpha(),
          taken.alpha());
    }
    init = taken;
    clusterId = taken.clusterId();
    return new Member(
        parts,
        clock,
        () -> new SnapshotHead(parts.id(), token, taken),
        token,
        taken.configuration(),
        secretHigh,
        secretLow,
        taken.clockStart(),
        random.getAsLong(),
        completions,
        tell,
        now);
  }

  /** Does this node look for a cluster that exists, new to it or after the loss of its votes? */
  boolean joins() {
    return votesLost == null ? fresh && asks() : init == null;
  }

  /**
   * Is this node in no cluster, and would it join one? Also one that told its token in a formation
   * and takes part in it to the end: without it there would be none.
   */
  boolean asks() {
    return init == null && (votesLost != null || parts.config().initial() == Initial.EXISTING);
  }

  /**
   * Starts the formation of a node that is in no cluster and joins none. One that lost its votes
   * waits to be told of its cluster: a new one would be without what the old one knows.
   */
  void begin() {
    if (asks()) {
      dialsAll = true;
      parts.transport().members(others(), true);
    }
    if (init == null && !joins()) {
      Formation starting =
          new Formation(parts.cluster(), parts.id(), token, secretHash, wallClock.getAsLong());
      promises.forEach(starting::restorePromise);
      starting.start();
      formation = starting;
    }
  }

  private List<ClusterConfig.Member> others() {
    return parts.cluster().members().stream().filter(m -> !m.id().equals(parts.id())).toList();
  }

  /** Logs and sends what the formation wants; returns INIT once it is durable. */
  @Nullable Init advance(long now) {
    if (persistence.full()) {
      persistence.flush();
    }
    Formation forming = formation;
    if (forming == null) {
      return persistence.durable() < lastGroup ? null : offered;
    }
    seekWhenAlone(now);
    if (now - repeatedAt >= parts.config().heartbeatInterval().toNanos()) {
      repeatedAt = now;
      forming.repeat();
    }
    List<Message> records = forming.takeRecords();
    if (!records.isEmpty()) {
      append(records);
    }
    if (persistence.durable() < lastGroup) {
      return null;
    }
    for (Formation.Outgoing outgoing : forming.takeMessages()) {
      send(outgoing.to(), outgoing.message());
    }
    return forming.init();
  }

  /** Where it was a member and is none any more, nobody dials it. */
  private void seekWhenAlone(long now) {
    aloneSince = peers.isEmpty() ? aloneSince : now;
    long patience = Membership.ALONE * parts.config().heartbeatInterval().toNanos();
    if (!dialsAll && now - aloneSince >= patience) {
      dialsAll = true;
      parts.transport().members(others(), true);
    }
  }

  Member become(Init taken, long now) {
    formation = null;
    offered = null;
    Member member = member(taken, now);
    begin(member, now);
    return member;
  }

  private Message identity() {
    return new Message.Identity(parts.id().value(), token);
  }

  /**
   * A member told of which cluster this node is to be. Who it is becomes durable together with
   * that, so that a log that names a token without a cluster is one of a first start.
   */
  private void join(Init received) {
    requireOurs(received);
    formation = null;
    offered = received;
    append(List.of(identity(), new Message.Init(received.encode())));
  }

  private void append(List<Message> records) {
    ByteBuffer group = ByteBuffer.allocate(1 << 16);
    records.forEach(record -> record.writeTo(group));
    lastGroup = persistence.append(group.flip());
    persistence.flush();
  }

  private void send(NodeId to, Message message) {
    ByteBuffer frame = ByteBuffer.allocate(1 << 16);
    FrameHeader.write(frame, 0, 0, 0, persistence.durable());
    message.writeTo(frame);
    parts.transport().send(to, frame.flip());
  }

  ClusterId clusterId() {
    return clusterId;
  }

  List<NodeId> connectedPeers() {
    return List.copyOf(peers.keySet());
  }

  int connected() {
    return peers.size();
  }

  // ---- peers

  /** Why this process may not vote as who it was; null when it may. */
  @Nullable String votesLost() {
    return votesLost;
  }

  /**
   * @param epoch of the newest configuration that is known here
   * @param alpha its window
   */
  Handshake handshakeFor(NodeId peer, long epoch, int alpha) {
    Seen known = seen.getOrDefault(peer, Seen.NOTHING);
    return new Handshake(
        parts.cluster().name(),
        clusterId,
        parts.id(),
        token,
        epoch,
        alpha,
        secretHash,
        begunAt,
        known.position(),
        known.token());
  }

  @Nullable String refuse(Handshake peer) {
    if (!peer.clusterName().equals(parts.cluster().name())) {
      return "another cluster name: " + peer.clusterName();
    }
    if (peer.secretHash() != secretHash) {
      return "another cluster secret";
    }
    if (peer.id().equals(parts.id())) {
      return "not a member: " + peer.id();
    }
    boolean unformed = peer.clusterId().equals(ClusterId.NONE);
    if (init == null && !asks()) {
      if (parts.cluster().member(peer.id()).isEmpty()) {
        return "not a member: " + peer.id();
      }
      if (unformed && peer.alpha() != parts.cluster().alpha()) {
        return "another alpha: " + peer.alpha();
      }
    }
    return init == null || unformed || peer.clusterId().equals(clusterId)
        ? null
        : "another cluster: " + peer.clusterId();
  }

  /**
   * A peer refused this node, which is in no cluster. There is one, and this id is in use in it:
   * who was started for a first start stops, as when it is told of INIT.
   */
  void refused(String reason) {
    if (formation != null && !asks() && Dismissal.isOf(parts.id(), reason)) {
      throw Formation.exists(parts.id());
    }
  }

  void connected(Handshake peer) {
    requireNewest(peer);
    met.add(peer.token());
    peers.put(peer.id(), peer);
    note(peer, peer.logPosition());
    Formation forming = formation;
    if (forming != null) {
      forming.onConnected(peer.id());
    } else if (peer.clusterId().equals(ClusterId.NONE)) {
      passOn(peer.id());
    }
  }

  /**
   * Tells INIT to one that has none. Another life of the founder than the one that wrote it asks
   * for the promise first, to pass it on in its own name ({@link Formation}).
   */
  private void passOn(NodeId peer) {
    Init held = init;
    if (held == null) {
      return;
    }
    if (held.members().get(0).id().equals(parts.id()) && !held.founder().equals(token)) {
      send(peer, new Message.FormationAsk(token));
    }
    send(peer, new Message.Init(held.encode()));
  }

  /**
   * A peer has seen more of this log than there is, so promises are missing: there is no voting
   * with it, now or after a restart.
   *
   * <p>Whom this process has not met yet can have seen of it only what was there when it began: it
   * has sent them no frame, and a handshake, also one that the other side alone got, states no more
   * than that. What this process wrote meanwhile stands in the place of what an old copy lacks.
   */
  private void requireNewest(Handshake peer) {
    long end = met.contains(peer.token()) ? persistence.durable() : begunAt;
    if (peer.clusterId().equals(clusterId)
        && init != null
        && peer.seenToken().equals(token)
        && peer.seenOfReceiver() > end
        && persistence.durability() != Durability.MEMORY) {
      String why =
          "member "
              + peer.id()
              + " has seen this member's log at group "
              + peer.seenOfReceiver()
              + ", here it ends at "
              + end
              + ": an old copy; its votes are lost";
      persistence.disown(why, true);
      throw new RabiaException.NotAMember(why);
    }
  }

  void disconnected(NodeId peer) {
    peers.remove(peer);
  }

  /** Notes how far a peer's log has come. */
  void seen(NodeId peer, ByteBuffer body) {
    FrameHeader.validate(body);
    Handshake connected = peers.get(peer);
    if (connected != null) {
      note(connected, FrameHeader.logPosition(body));
    }
  }

  /** An old process that wakes must not make forgotten what was seen of who took its place. */
  private void note(Handshake peer, long position) {
    Seen known = seen.getOrDefault(peer.id(), Seen.NOTHING);
    boolean same = known.token().equals(peer.token());
    if (same ? known.position() < position : !members.test(known.token())) {
      seen.put(peer.id(), new Seen(peer.token(), position));
    }
  }

  /**
   * A frame from a peer that was in no cluster when it introduced itself, or while this node is in
   * none.
   *
   * @return false when a member of a cluster said it to one; INIT comes from members only
   */
  boolean onFrame(NodeId from, ByteBuffer body) {
    FrameHeader.validate(body);
    FrameHeader.skip(body);
    FormationMessages messages = new FormationMessages(from);
    MessageCodec.read(body, messages);
    return messages.heard;
  }

  private final class FormationMessages extends LogRecords {
    private final NodeId from;
    private boolean heard;

    FormationMessages(NodeId from) {
      this.from = from;
    }

    @Override
    public void onFormationAsk(Token founder) {
      heard = true;
      Formation forming = formation;
      if (forming != null) {
        forming.onAsk(from, founder);
      } else if (init != null) {
        send(from, new Message.Init(init.encode()));
      }
    }

    @Override
    public void onFormationPromise(Token founder, Token own) {
      heard = true;
      Formation forming = formation;
      if (forming != null) {
        forming.onPromise(from, founder, own);
      } else {
        passOn(from);
      }
    }

    @Override
    public void onInit(ByteBuffer encoded) {
      heard = init == null;
      Init received = Init.decode(encoded);
      Formation forming = formation;
      if (forming != null && (forming.isIn(received) || !asks())) {
        forming.onInit(received, peers.get(from).token());
      } else if (asks() && offered == null) {
        join(received);
      }
    }
  }
}
