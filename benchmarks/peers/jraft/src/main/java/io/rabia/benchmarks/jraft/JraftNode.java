package io.rabia.benchmarks.jraft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Iterator;
import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.RaftGroupService;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.closure.ReadIndexClosure;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.core.StateMachineAdapter;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.entity.Task;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.option.NodeOptions;
import com.alipay.sofa.jraft.option.RaftOptions;
import io.rabia.benchmarks.port.Backend;
import io.rabia.benchmarks.port.NodeArguments;
import io.rabia.benchmarks.port.PeerPort;
import io.rabia.benchmarks.port.ValueMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import org.jspecify.annotations.Nullable;

/**
 * A member of SOFAJRaft with its defaults: batches and pipelined replication, a log in RocksDB that
 * is forced or not. Reads are by ReadIndex.
 */
public final class JraftNode implements Backend {
  private static final String GROUP = "bench";
  private static final byte[] NO_CONTEXT = {};

  private final NodeArguments arguments;
  private final ValueMap values = new ValueMap();
  private final Node node;

  private JraftNode(NodeArguments arguments) throws IOException {
    this.arguments = arguments;
    Files.createDirectories(arguments.directory());
    NodeOptions options = new NodeOptions();
    options.setFsm(new Machine());
    options.setLogUri(arguments.directory().resolve("log").toString());
    options.setRaftMetaUri(arguments.directory().resolve("meta").toString());
    options.setInitialConf(new Configuration());
    for (int i = 0; i < arguments.members(); i++) {
      options.getInitialConf().addPeer(peer(i));
    }
    RaftOptions raft = new RaftOptions();
    raft.setSync(arguments.fsync());
    options.setRaftOptions(raft);
    node = new RaftGroupService(GROUP, peer(arguments.index()), options).start();
  }

  private PeerId peer(int member) {
    return new PeerId(NodeArguments.HOST, arguments.memberPort(member, 0));
  }

  /** Serves until standard input ends. */
  public static void main(String[] arguments) throws IOException {
    NodeArguments parsed = NodeArguments.parse(arguments);
    JraftNode backend = new JraftNode(parsed);
    new PeerPort(parsed.clientPort(), backend).serve();
  }

  @Override
  public int leader() {
    PeerId leader = node.getLeaderId();
    return leader == null
        ? -1
        : arguments.memberPorts().indexOf(leader.getPort()) / NodeArguments.PORTS;
  }

  @Override
  public void write(byte[] command, Reply reply) {
    node.apply(new Task(ByteBuffer.wrap(command), new Write(reply)));
  }

  @Override
  public void read(byte[] key, Reply reply) {
    if (!node.isLeader()) {
      reply.notLeader(leader());
      return;
    }
    node.readIndex(
        NO_CONTEXT,
        new ReadIndexClosure() {
          @Override
          public void run(Status status, long index, byte @Nullable [] context) {
            if (status.isOk()) {
              reply.done(values.get(key));
            } else {
              refuse(status, reply);
            }
          }
        });
  }

  private void refuse(Status status, Reply reply) {
    if (status.getRaftError() == RaftError.EPERM) {
      reply.notLeader(leader());
    } else {
      reply.failed(status.toString());
    }
  }

  private final class Write implements Closure {
    private final Reply reply;

    Write(Reply reply) {
      this.reply = reply;
    }

    @Override
    public void run(Status status) {
      if (status.isOk()) {
        reply.done(ValueMap.WRITTEN);
      } else {
        refuse(status, reply);
      }
    }
  }

  private final class Machine extends StateMachineAdapter {
    @Override
    public void onApply(Iterator iterator) {
      while (iterator.hasNext()) {
        values.apply(iterator.getData().duplicate());
        Closure done = iterator.done();
        if (done != null) {
          done.run(Status.OK());
        }
        iterator.next();
      }
    }
  }
}
