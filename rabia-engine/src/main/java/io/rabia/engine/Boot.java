package io.rabia.engine;

import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.InvariantViolation;
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
import io.rabia.engine.protocol.Configuration;
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
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a node becomes a member: reads its identity and its past from the log, or takes part in the
 * first start; and what it tells and asks of peers in handshakes. One thread.
 */
final class Boot {
  private static final Logger LOG = LoggerFactory.getLogger(Boot.class);

  private final EngineAgent.Parts parts;
  private final LongSupplier wallClock;
  private final LongSupplier random;
  private final Completions completions;
  private final Persistence persistence;
  private final long secretHigh;
  private final long secretLow;
  private final long secretHash;

  private final Map<NodeId, Handshake> peers = new TreeMap<>();
  private final Map<NodeId, Seen> seen = new TreeMap<>();
  private Token token = Token.NONE;
  private final List<Token> promises = new ArrayList<>();
  private @Nullable Init init;
  private @Nullable Member recovered;
  private @Nullable Formation formation;

  /** What a member without votes was told of its cluster. */
  private @Nullable Init told;

  private volatile ClusterId clusterId = ClusterId.NONE;
  private long lastGroup;
  private long repeatedAt;

  /** Why this process may not vote as who it was; null when it may. */
  private @Nullable String votesLost;

  /** How far a life of a member was seen to have come. */
  private record Seen(Token token, long position) {
    static final Seen NOTHING = new Seen(Token.NONE, 0);
  }

  Boot(
      EngineAgent.Parts parts,
      LongSupplier wallClock,
      LongSupplier random,
      Completions completions) {
    this.parts = parts;
    this.wallClock = wallClock;
    this.random = random;
    this.completions = completions;
    persistence = parts.persistence();
    ByteBuffer digest = ByteBuffer.wrap(sha256(parts.cluster()));
    secretHigh = digest.getLong();
    secretLow = digest.getLong();
    secretHash = digest.getLong();
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

  private void replay(long now, Runnable wakeup) {
    lastGroup = persistence.open(new Past(now), wakeup);
    if (token.equals(Token.NONE)) {
      token = new Token(random.getAsLong(), random.getAsLong());
      if (votesLost == null || init != null) {
        append(List.of(new Message.Identity(parts.id().value(), token)));
      }
    }
    if (recovered != null) {
      begin(recovered, now);
    }
  }

  private void begin(Member member, long now) {
    if (!isMember(parts.id(), token)) {
      votesLost = votesLost == null ? "lost in an earlier run" : votesLost;
      member.learn();
    }
    member.recovered(lastGroup, now);
  }

  /** What the log tells: who this is, then what the member did. */
  private final class Past implements Persistence.GroupHandler {
    private final MessageHandler identity;
    private final long now;
    private long afterSnapshot = Persistence.NONE;

    Past(long now) {
      this.now = now;
      identity = new IdentityRecords(now);
    }

    @Override
    public void onVotesLost(String why) {
      if (parts.cluster().members().size() < 3) {
        throw new RabiaException.Checksum(
            why + "; this member has lost its votes, and there is no majority without it");
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
        member.recover(number, group);
      }
      return true;
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

  private Member member(Init taken, long now) {
    if (!taken.clusterName().equals(parts.cluster().name())) {
      throw new RabiaException.WrongCluster(
          "the data directory belongs to cluster '" + taken.clusterName() + "'");
    }
    if (taken.secretHash() != secretHash) {
      throw new RabiaException.WrongCluster("the cluster was formed with another secret");
    }
    if (taken.alpha() != parts.cluster().alpha()) {
      LOG.warn(
          "Node {}: alpha {} of the configuration has no effect, the cluster was formed with {}",
          parts.id(),
          parts.cluster().alpha(),
          taken.alpha());
    }
    Configuration configuration = taken.configuration();
    int self = configuration.indexOf(parts.id());
    InvariantViolation.check(self >= 0, "INIT without its own member");
    init = taken;
    clusterId = taken.clusterId();
    return new Member(
        parts,
        () -> new SnapshotHead(parts.id(), token, taken),
        configuration,
        self,
        secretHigh,
        secretLow,
        taken.clockStart(),
        random.getAsLong(),
        completions,
        now);
  }

  /**
   * Starts the formation of a node that is in no cluster. One that lost its votes waits to be told
   * of its cluster: a new one would be without what the old one knows.
   */
  void begin() {
    if (init == null && votesLost == null) {
      Formation starting =
          new Formation(parts.cluster(), parts.id(), token, secretHash, wallClock.getAsLong());
      promises.forEach(starting::restorePromise);
      starting.start();
      formation = starting;
    }
  }

  /** Logs and sends what the formation wants; returns INIT once it is durable. */
  @Nullable Init advance(long now) {
    if (persistence.full()) {
      persistence.flush();
    }
    Formation forming = formation;
    if (forming == null) {
      return told != null && persistence.durable() >= lastGroup ? told : null;
    }
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

  Member become(Init taken, long now) {
    formation = null;
    told = null;
    Member member = member(taken, now);
    begin(member, now);
    return member;
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

  /** Is this life of a member the one whose votes count? */
  private boolean isMember(NodeId id, Token life) {
    Init known = init;
    if (known == null) {
      return false;
    }
    int index = known.configuration().indexOf(id);
    return index >= 0 && known.members().get(index).token().equals(life);
  }

  /** Is this peer of the same cluster, with the votes that count there? */
  boolean votes(Handshake peer) {
    return peer.clusterId().equals(clusterId) && isMember(peer.id(), peer.token());
  }

  Handshake handshakeFor(NodeId peer) {
    Seen known = seen.getOrDefault(peer, Seen.NOTHING);
    return new Handshake(
        parts.cluster().name(),
        clusterId,
        parts.id(),
        token,
        0,
        init == null ? parts.cluster().alpha() : init.alpha(),
        secretHash,
        persistence.durable(),
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
    if (parts.cluster().member(peer.id()).isEmpty() || peer.id().equals(parts.id())) {
      return "not a member: " + peer.id();
    }
    Init known = init;
    int alpha = known == null ? parts.cluster().alpha() : known.alpha();
    if (peer.epoch() == 0 && peer.alpha() != alpha) {
      return "another alpha: " + peer.alpha();
    }
    if (known == null || peer.clusterId().equals(ClusterId.NONE)) {
      return null;
    }
    return peer.clusterId().equals(clusterId) ? null : "another cluster: " + peer.clusterId();
  }

  void connected(Handshake peer) {
    requireNewest(peer);
    peers.put(peer.id(), peer);
    note(peer, peer.logPosition());
    Formation forming = formation;
    if (forming != null) {
      forming.onConnected(peer.id());
    } else if (init != null && peer.clusterId().equals(ClusterId.NONE)) {
      send(peer.id(), new Message.Init(init.encode()));
    }
  }

  /**
   * A peer has seen more of this log than there is, so promises are missing: there is no voting
   * with it, now or after a restart.
   */
  private void requireNewest(Handshake peer) {
    if (peer.clusterId().equals(clusterId)
        && init != null
        && peer.seenToken().equals(token)
        && peer.seenOfReceiver() > persistence.durable()
        && persistence.durability() != Durability.MEMORY) {
      String why =
          "member "
              + peer.id()
              + " has seen this member's log at group "
              + peer.seenOfReceiver()
              + ", here it ends at "
              + persistence.durable()
              + ": an old copy; its votes are lost";
      persistence.disown(why);
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

  private void note(Handshake peer, long position) {
    Seen known = seen.getOrDefault(peer.id(), Seen.NOTHING);
    if (!known.token().equals(peer.token()) || known.position() < position) {
      seen.put(peer.id(), new Seen(peer.token(), position));
    }
  }

  /**
   * A frame from a peer that was in no cluster when it introduced itself, or while this node is in
   * none.
   *
   * @return false when a member of a cluster said it
   */
  boolean onFrame(NodeId from, ByteBuffer body) {
    FrameHeader.validate(body);
    FrameHeader.skip(body);
    FormationMessages messages = new FormationMessages(from);
    MessageCodec.read(body, messages);
    return messages.heard;
  }

  /** Of the cluster in which this member lost its votes. */
  private void learn(Init received) {
    if (!received.clusterName().equals(parts.cluster().name())
        || received.secretHash() != secretHash) {
      throw new RabiaException.WrongCluster("INIT of a cluster with another name or secret");
    }
    append(
        List.of(
            new Message.Identity(parts.id().value(), token), new Message.Init(received.encode())));
    told = received;
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
      } else if (init != null) {
        send(from, new Message.Init(init.encode()));
      }
    }

    @Override
    public void onInit(ByteBuffer encoded) {
      heard = true;
      Formation forming = formation;
      if (forming != null) {
        forming.onInit(Init.decode(encoded));
      } else if (init == null && told == null) {
        learn(Init.decode(encoded));
      }
    }
  }
}
