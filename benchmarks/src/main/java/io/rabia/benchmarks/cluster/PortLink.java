package io.rabia.benchmarks.cluster;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.rabia.benchmarks.port.PortProtocol;
import io.rabia.network.client.HostPort;
import org.jspecify.annotations.Nullable;

/** One connection to a {@link io.rabia.benchmarks.port.PeerPort}. Lives on one event loop. */
final class PortLink {

  /** Who hears of it. */
  interface Owner {
    void onReply(int server, long number, byte status, ByteBuf content);

    void onDown(int server);
  }

  private final HostPort address;
  private final int server;
  private final Owner owner;
  private final Bootstrap bootstrap;
  private @Nullable Channel channel;
  private boolean connecting;

  PortLink(EventLoop loop, String address, int server, Owner owner) {
    this.address = HostPort.parse(address);
    this.server = server;
    this.owner = owner;
    bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 1000)
            .handler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel opened) {
                    opened
                        .pipeline()
                        .addLast(
                            new LengthFieldBasedFrameDecoder(PortProtocol.MAX_FRAME, 0, 4, 0, 4))
                        .addLast(new Replies());
                  }
                });
  }

  boolean isUp() {
    return channel != null && channel.isActive();
  }

  void connect() {
    if (connecting || isUp()) {
      return;
    }
    connecting = true;
    bootstrap
        .connect(address.host(), address.port())
        .addListener(
            (ChannelFuture connected) -> {
              connecting = false;
              if (connected.isSuccess()) {
                channel = connected.channel();
                channel.closeFuture().addListener(closed -> owner.onDown(server));
              } else {
                owner.onDown(server);
              }
            });
  }

  void write(long number, byte operation, byte[] content) {
    Channel open = channel;
    if (open != null) {
      ByteBuf frame = open.alloc().buffer(Integer.BYTES + PortProtocol.HEADER + content.length);
      frame.writeInt(PortProtocol.HEADER + content.length);
      frame.writeLong(number).writeByte(operation).writeBytes(content);
      open.write(frame, open.voidPromise());
    }
  }

  void flush() {
    Channel open = channel;
    if (open != null) {
      open.flush();
    }
  }

  private final class Replies extends SimpleChannelInboundHandler<ByteBuf> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) {
      long number = frame.readLong();
      byte status = frame.readByte();
      owner.onReply(server, number, status, frame);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}
