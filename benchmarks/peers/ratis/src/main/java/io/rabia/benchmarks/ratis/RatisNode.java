package io.rabia.benchmarks.ratis;

import io.rabia.benchmarks.port.Backend;
import io.rabia.benchmarks.port.NodeArguments;
import io.rabia.benchmarks.port.PeerPort;
import io.rabia.benchmarks.port.ValueMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.rpc.SupportedRpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;
import org.jspecify.annotations.Nullable;

/**
 * A member of Apache Ratis over gRPC: requests go to the server's asynchronous interface without a
 * client in between, entries are appended without a pause and in large groups, the log is forced or
 * flushed later. Reads are linearizable.
 */
public final class RatisNode implements Backend {
  private static final RaftGroupId GROUP =
      RaftGroupId.valueOf(UUID.nameUUIDFromBytes("bench".getBytes(StandardCharsets.US_ASCII)));

  private final ClientId client = ClientId.randomId();
  private final AtomicLong calls = new AtomicLong();
  private final ValueMap values = new ValueMap();
  private final RaftServer server;

  private RatisNode(NodeArguments arguments) throws IOException {
    List<RaftPeer> peers = new ArrayList<>();
    for (int i = 0; i < arguments.members(); i++) {
      peers.add(
          RaftPeer.newBuilder()
              .setId(String.valueOf(i))
              .setAddress(NodeArguments.HOST + ":" + arguments.memberPort(i, 0))
              .build());
    }
    server =
        RaftServer.newBuilder()
            .setServerId(RaftPeerId.valueOf(String.valueOf(arguments.index())))
            .setGroup(RaftGroup.valueOf(GROUP, peers))
            .setStateMachine(new Machine())
            .setProperties(properties(arguments))
            .build();
    server.start();
  }

  private static RaftProperties properties(NodeArguments arguments) {
    RaftProperties properties = new RaftProperties();
    RaftConfigKeys.Rpc.setType(properties, SupportedRpcType.GRPC);
    GrpcConfigKeys.Server.setPort(properties, arguments.memberPort(arguments.index(), 0));
    RaftServerConfigKeys.setStorageDir(properties, List.of(arguments.directory().toFile()));
    RaftServerConfigKeys.Log.setUnsafeFlushEnabled(properties, !arguments.fsync());
    RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, SizeInBytes.valueOf("4MB"));
    RaftServerConfigKeys.Log.Appender.setBufferElementLimit(properties, 1024);
    RaftServerConfigKeys.Log.Appender.setWaitTimeMin(properties, TimeDuration.ZERO);
    RaftServerConfigKeys.Read.setOption(properties, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
    return properties;
  }

  /** Serves until standard input ends. */
  public static void main(String[] arguments) throws IOException {
    NodeArguments parsed = NodeArguments.parse(arguments);
    RatisNode backend = new RatisNode(parsed);
    new PeerPort(parsed.clientPort(), backend).serve();
  }

  @Override
  public int leader() {
    try {
      return index(server.getDivision(GROUP).getInfo().getLeaderId());
    } catch (IOException e) {
      return -1;
    }
  }

  private static int index(@Nullable RaftPeerId peer) {
    return peer == null ? -1 : Integer.parseInt(peer.toString());
  }

  @Override
  public void write(byte[] command, Reply reply) {
    submit(command, RaftClientRequest.writeRequestType(), reply);
  }

  @Override
  public void read(byte[] key, Reply reply) {
    submit(key, RaftClientRequest.readRequestType(), reply);
  }

  private void submit(byte[] content, RaftClientRequest.Type type, Reply reply) {
    ByteString bytes = UnsafeByteOperations.unsafeWrap(content);
    RaftClientRequest request =
        RaftClientRequest.newBuilder()
            .setClientId(client)
            .setServerId(server.getId())
            .setGroupId(GROUP)
            .setCallId(calls.incrementAndGet())
            .setMessage(Message.valueOf(bytes))
            .setType(type)
            .build();
    try {
      server
          .submitClientRequestAsync(request)
          .whenComplete((answer, failure) -> answer(answer, failure, reply));
    } catch (IOException e) {
      reply.failed(e.toString());
    }
  }

  private void answer(@Nullable RaftClientReply answer, @Nullable Throwable failure, Reply reply) {
    if (answer == null) {
      reply.failed(String.valueOf(failure));
    } else if (answer.isSuccess()) {
      reply.done(answer.getMessage().getContent().toByteArray());
    } else {
      NotLeaderException other = answer.getNotLeaderException();
      if (other == null) {
        reply.failed(String.valueOf(answer.getException()));
      } else {
        RaftPeer suggested = other.getSuggestedLeader();
        reply.notLeader(suggested == null ? -1 : index(suggested.getId()));
      }
    }
  }

  private final class Machine extends BaseStateMachine {
    private final Message written =
        Message.valueOf(UnsafeByteOperations.unsafeWrap(ValueMap.WRITTEN));

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
      LogEntryProto entry = transaction.getLogEntry();
      ByteBuffer command = entry.getStateMachineLogEntry().getLogData().asReadOnlyByteBuffer();
      values.apply(command);
      updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
      return CompletableFuture.completedFuture(written);
    }

    @Override
    public CompletableFuture<Message> query(Message key) {
      byte[] value = values.get(key.getContent().toByteArray());
      return CompletableFuture.completedFuture(
          Message.valueOf(UnsafeByteOperations.unsafeWrap(value)));
    }
  }
}
