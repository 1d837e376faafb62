package io.rabia.benchmarks.cluster;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.rabia.benchmarks.port.EndOfInput;
import io.rabia.benchmarks.port.NodeArguments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A bare process on the path of a message: sends back what comes, or hands it to the next one and
 * back what that answers. {@code PORT next PORT}, {@code PORT echo}, or {@code PORT force FILE}: as
 * echo, once 4 KiB are appended and forced.
 */
public final class EchoNode {
  private static final byte[] RECORD = new byte[4096];

  private EchoNode() {}

  /** Serves until standard input ends. */
  public static void main(String[] arguments) throws IOException {
    EndOfInput.endsProcess();
    MultiThreadIoEventLoopGroup group =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    int next = arguments[1].equals("next") ? Integer.parseInt(arguments[2]) : 0;
    FileChannel log =
        arguments[1].equals("force")
            ? FileChannel.open(
                Path.of(arguments[2]), StandardOpenOption.CREATE, StandardOpenOption.APPEND)
            : null;
    new ServerBootstrap()
        .group(group)
        .channel(NioServerSocketChannel.class)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childHandler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel accepted) {
                if (next != 0) {
                  accepted.config().setAutoRead(false);
                  accepted.pipeline().addLast(new Forward(connect(group, next, accepted)));
                } else {
                  accepted.pipeline().addLast(new Echo(log));
                }
              }
            })
        .bind(NodeArguments.HOST, Integer.parseInt(arguments[0]))
        .syncUninterruptibly();
    System.out.println(NodeArguments.READY);
    System.out.flush();
    group.terminationFuture().syncUninterruptibly();
  }

  private static Channel connect(MultiThreadIoEventLoopGroup group, int port, Channel back) {
    return new Bootstrap()
        .group(group)
        .channel(NioSocketChannel.class)
        .option(ChannelOption.TCP_NODELAY, true)
        .handler(new Forward(back))
        .connect(NodeArguments.HOST, port)
        .addListener(connected -> back.config().setAutoRead(true))
        .channel();
  }

  private static final class Forward extends ChannelInboundHandlerAdapter {
    private final Channel to;

    Forward(Channel to) {
      this.to = to;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      to.writeAndFlush(message);
    }
  }

  private static final class Echo extends ChannelInboundHandlerAdapter {
    private final @Nullable FileChannel log;

    Echo(@Nullable FileChannel log) {
      this.log = log;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (log != null) {
        try {
          append(log);
        } catch (IOException e) {
          ReferenceCountUtil.release(message);
          throw new UncheckedIOException(e);
        }
      }
      context.writeAndFlush(message);
    }
  }

  /** Appends and forces a record. */
  static void append(FileChannel log) throws IOException {
    ByteBuffer record = ByteBuffer.wrap(RECORD);
    while (record.hasRemaining()) {
      log.write(record);
    }
    log.force(false);
  }
}
