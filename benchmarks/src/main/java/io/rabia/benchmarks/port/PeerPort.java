package io.rabia.benchmarks.port;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Serves clients in front of a {@link Backend}: one event loop, replies of any thread gathered into
 * one write.
 */
@SuppressWarnings("deprecation") // NioEventLoopGroup is the one that Netty 4.1 and 4.2 both have
public final class PeerPort {
  private final Backend backend;
  private final Channel channel;

  public PeerPort(int port, Backend backend) {
    this.backend = backend;
    channel =
        new ServerBootstrap()
            .group(new NioEventLoopGroup(1))
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel accepted) {
                    accepted
                        .pipeline()
                        .addLast(
                            new LengthFieldBasedFrameDecoder(PortProtocol.MAX_FRAME, 0, 4, 0, 4))
                        .addLast(new Connection(accepted));
                  }
                })
            .bind(NodeArguments.HOST, port)
            .syncUninterruptibly()
            .channel();
  }

  /** Says that it is ready once there is a leader, and serves until standard input ends. */
  public void serve() {
    EndOfInput.endsProcess();
    while (backend.leader() < 0) {
      LockSupport.parkNanos(5_000_000);
    }
    System.out.println(NodeArguments.READY);
    System.out.flush();
    channel.closeFuture().awaitUninterruptibly();
  }

  private record Answer(long number, byte status, byte[] content) {}

  private final class Connection extends SimpleChannelInboundHandler<ByteBuf> {
    private final Channel channel;
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean writing = new AtomicBoolean();

    Connection(Channel channel) {
      this.channel = channel;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) {
      long number = frame.readLong();
      byte operation = frame.readByte();
      byte[] content = new byte[frame.readableBytes()];
      frame.readBytes(content);
      Request request = new Request(this, number);
      switch (operation) {
        case PortProtocol.WRITE -> backend.write(content, request);
        case PortProtocol.READ -> backend.read(content, request);
        case PortProtocol.LEADER -> request.notLeader(backend.leader());
        default -> request.failed("operation " + operation);
      }
    }

    void answer(Answer answer) {
      answers.add(answer);
      if (writing.compareAndSet(false, true)) {
        channel.eventLoop().execute(this::write);
      }
    }

    private void write() {
      writing.set(false);
      Answer answer = answers.poll();
      if (answer == null) {
        return;
      }
      ByteBuf out = channel.alloc().buffer();
      for (; answer != null; answer = answers.poll()) {
        out.writeInt(PortProtocol.HEADER + answer.content().length);
        out.writeLong(answer.number());
        out.writeByte(answer.status());
        out.writeBytes(answer.content());
      }
      channel.writeAndFlush(out, channel.voidPromise());
    }
  }

  private record Request(Connection connection, long number) implements Backend.Reply {
    @Override
    public void done(byte[] result) {
      connection.answer(new Answer(number, PortProtocol.OK, result));
    }

    @Override
    public void notLeader(int leader) {
      byte[] content = ByteBuffer.allocate(Integer.BYTES).putInt(leader).array();
      connection.answer(new Answer(number, PortProtocol.NOT_LEADER, content));
    }

    @Override
    public void failed(String why) {
      byte[] content = why.getBytes(StandardCharsets.UTF_8);
      connection.answer(new Answer(number, PortProtocol.FAILED, content));
    }
  }
}
