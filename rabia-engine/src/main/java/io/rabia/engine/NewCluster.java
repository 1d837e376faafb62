package io.rabia.engine;

import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.CommonCoin;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Token;
import io.rabia.core.memory.MemoryPool;
import io.rabia.core.message.Message;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.core.statemachine.StateView;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.Init;
import io.rabia.engine.protocol.Replica;
import io.rabia.engine.protocol.Sessions;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Founds a cluster of one member that goes on with the state of another one: out of a backup, or
 * out of what one member still has when a majority is lost for good. Others join it and are voted
 * in as in every cluster. Offline; any thread.
 *
 * <p>Why no vote of the former cluster can count in it, and none is given twice: its INIT names a
 * single member by a token that was made here, of 128 random bits, so its id is new, and whoever
 * states another one is refused before anything is said. The token has said nothing in any slot.
 * The slots go on where the state ends, and log time does, but sessions do not: slots are given
 * twice, once in each cluster, and a session is named by its slot.
 */
public final class NewCluster {

  /**
   * What was founded.
   *
   * @param data {@link EngineStatus#data} of it before its first command
   */
  public record Founded(ClusterId id, NodeId member, long slot, long data) {}

  /**
   * What a member of a cluster still has.
   *
   * @param slot so many slots are applied: what is in the state
   * @param open slots from there on in which this member took part, or knows to be decided. What
   *     became of them is not known here: commands in them may have been answered
   * @param damage why its votes are lost, and what came after the damage is not in the state
   */
  public record Left(
      ClusterId cluster, long slot, long hash, long data, long open, Optional<String> damage) {}

  private final NodeId id;
  private final ClusterConfig cluster;
  private final StateMachine stateMachine;
  private long slot;
  private long logTime;

  /**
   * @param cluster of it are used the name, the secret, the window, and the address of this member
   * @param stateMachine empty; its state is that of the new cluster afterwards
   */
  public NewCluster(NodeId id, ClusterConfig cluster, StateMachine stateMachine) {
    this.id = id;
    this.cluster = cluster;
    this.stateMachine = stateMachine;
  }

  /**
   * Takes the state of a backup, once all of the file is verified.
   *
   * @throws RabiaException.Validation if it is none, or of a later format
   * @throws RabiaException.Checksum if it is damaged, or its state is not the one that it states
   * @throws RabiaException.Storage if it cannot be read
   */
  public Backup take(Path file) {
    try (InputStream first = new BufferedInputStream(Files.newInputStream(file));
        InputStream again = new BufferedInputStream(Files.newInputStream(file))) {
      Backup.read(first).verify(first);
      Backup backup = Backup.read(again);
      load(backup, new DataInputStream(again));
      return backup;
    } catch (IOException e) {
      throw new RabiaException.Storage("the backup " + file + " cannot be read: " + e, e);
    }
  }

  private void load(Backup backup, DataInputStream in) throws IOException {
    Replica replica = replica(backup.init().configuration(), backup.init().clockStart());
    Sessions sessions = new Sessions();
    new SnapshotHead(id, Token.NONE, backup.init()).requireShared(in);
    replica.load(in, 0);
    sessions.load(in);
    stateMachine.restore(in);
    long hash = Applier.stateHash(stateMachine.stateHash(), sessions, replica);
    if (replica.applied() != backup.slot() || hash != backup.hash()) {
      throw new RabiaException.Checksum(
          String.format(
              Locale.ROOT,
              "the state has the hash %016x at slot %d, the backup says %016x at slot %d: either the"
                  + " limits of the store are not those of the servers that it was taken from, or"
                  + " the file was changed",
              hash,
              replica.applied(),
              backup.hash(),
              backup.slot()));
    }
    slot = replica.applied();
    logTime = replica.logTime();
  }

  /**
   * Takes what can be read in the log of this member of another cluster, which stays as it is.
   *
   * @param log not open; it is closed
   * @throws RabiaException for another id, name, or secret, or when not even the beginning can be
   *     read
   */
  public Left take(Persistence log) {
    Offline offline = new Offline();
    Boot boot =
        new Boot(
            new EngineAgent.Parts(
                id,
                cluster,
                RabiaConfig.builder().initial(Initial.EXISTING).build(),
                stateMachine,
                offline,
                log,
                MemoryPool.shared(),
                Runnable::run,
                Runnable::run,
                new EngineListener() {},
                CommonCoin::keyed),
            () -> 0,
            () -> 0,
            () -> 0,
            new Completions(Runnable::run),
            event -> {},
            held -> false);
    try (log) {
      Member member = boot.look();
      if (member == null) {
        String lost = boot.votesLost();
        throw new RabiaException.NotAMember(
            "there is no member of a cluster in it" + (lost == null ? "" : ": " + lost));
      }
      try (member) {
        Replica replica = member.replica();
        slot = replica.applied();
        logTime = replica.logTime();
        long end = Math.max(replica.decidedPrefix(), replica.highestTakenPart() + 1);
        return new Left(
            boot.clusterId(),
            slot,
            member.stateHash(),
            stateMachine.stateHash(),
            end - slot,
            Optional.ofNullable(boot.votesLost()));
      }
    }
  }

  /**
   * Writes the new cluster's first member, durable when it returns.
   *
   * @param log a fresh one, which is closed
   */
  public Founded found(Persistence log) {
    SecureRandom random = new SecureRandom();
    Token token = new Token(random.nextLong(), random.nextLong());
    ClusterConfig.Member self = cluster.member(id).orElseThrow();
    Init init =
        new Init(
            cluster.name(),
            List.of(new Configuration.Member(id, token, 0, self.host(), self.port())),
            cluster.alpha(),
            Boot.secretHash(cluster),
            logTime);
    SnapshotHead head = new SnapshotHead(id, token, init);
    Replica replica = replica(init.configuration(), logTime);
    replica.beginAt(slot, logTime);
    try (log) {
      requireFresh(log.open((number, group) -> false, () -> {}));
      append(log, new Message.Identity(id.value(), token), new Message.Init(init.encode()));
      // Whoever finds the log without its snapshot must not take it for the log of a first start.
      long last = slot == 0 ? 1 : append(log, new Message.Installed(slot));
      log.flush();
      log.snapshot(last + 1, target -> write(head, replica, new DataOutputStream(target)));
    }
    return new Founded(init.clusterId(), id, slot, stateMachine.stateHash());
  }

  private static void requireFresh(long last) {
    if (last != Persistence.NONE) {
      throw new RabiaException.Validation("the directory holds the log of a member already");
    }
  }

  private static long append(Persistence log, Message... records) {
    ByteBuffer group = ByteBuffer.allocate(1 << 16);
    for (Message record : records) {
      record.writeTo(group);
    }
    return log.append(group.flip());
  }

  private void write(SnapshotHead head, Replica replica, DataOutputStream out) throws IOException {
    out.write(head.own(replica.numbersEnd()));
    head.writeShared(out);
    replica.save(out);
    new Sessions().freeze().writeTo(out);
    StateView state = stateMachine.freeze();
    state.writeTo(out);
  }

  private Replica replica(Configuration founders, long clockStart) {
    return Offline.replica(founders, id, founders.members().get(0).token(), clockStart);
  }
}
