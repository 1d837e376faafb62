package io.rabia.network;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.transport.Handshake;
import io.rabia.core.transport.Transport;
import io.rabia.core.transport.TransportListener;
import io.rabia.core.transport.TransportStatistics;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frames over TCP, with all I/O on the thread that calls {@link #poll}: nothing runs, sends or
 * times out between two polls, and no thread is kept (a host name is looked up on a short-lived
 * daemon thread). Of two members the one with the lower id dials, unless the other is no member yet
 * and the one does not know where it is; a new connection of a member replaces its old one, which
 * may be half open. The thread that calls {@link #start} owns the transport from then on; only
 * {@link #wakeup} and {@link #clientAddresses} are for others.
 *
 * <p>What a listener throws, except {@link RabiaException.Serialization} from {@code onFrame},
 * comes out of the poll; the transport can only be closed then. A wait looks for I/O for up to 50
 * microseconds, yielding the processor, before it sleeps; what is shorter than half a millisecond
 * does not sleep. An interrupt ends a sleep and is cleared.
 */
public final class NettyTransport implements Transport {
  private static final Logger LOG = LoggerFactory.getLogger(NettyTransport.class);
  private static final long ACCEPT_PAUSE_MILLIS = 100;

  /** Processes that are not members and may be connected. */
  private static final int MAX_STRANGERS = 16;

  private final NodeId self;
  private final NettyTransportConfig config;
  private final InetSocketAddress bind;
  private final ClusterConfig.@Nullable Member client;
  private final TlsConfig.@Nullable Contexts tls;
  private final ManualIoEventLoop loop;
  private final LoopWaits waits;
  private final AddressResolver resolver;
  private final SplittableRandom random = new SplittableRandom();
  private final TransportCounters counters = new TransportCounters();
  private final RateLimitedLog strangers = new RateLimitedLog(LOG);
  private final RateLimitedLog links = new RateLimitedLog(LOG);
  private final Map<NodeId, Peer> peers = new HashMap<>();
  private final List<Peer> peerList = new ArrayList<>();
  private final Set<NodeId> members = new HashSet<>();
  private final Set<PeerConnection> unfinished = new LinkedHashSet<>();
  private @Nullable TransportListener listener;
  private @Nullable NioServerSocketChannel server;
  private @Nullable Throwable failure;
  private boolean joins;
  private boolean disconnectsOwed;
  private boolean closed;
  private int handled;
  private long nextTimerAt;
  private volatile List<ClusterConfig.Member> clientAddresses = List.of();

  private NettyTransport(Builder builder, ClusterConfig.Member member) {
    self = builder.self;
    config = builder.config;
    InetSocketAddress configured = builder.bind;
    bind = configured != null ? configured : new InetSocketAddress(member.host(), member.port());
    client = builder.client;
    tls = builder.tls == null ? null : builder.tls.load();
    loop = new ManualIoEventLoop(null, null, NioIoHandler.newFactory());
    waits = new LoopWaits(loop);
    resolver = new AddressResolver("rabia-" + self + "-resolve", loop, builder.lookup);
    long now = System.nanoTime();
    nextTimerAt = now;
    for (ClusterConfig.Member other : builder.cluster.members()) {
      if (!other.id().equals(self)) {
        members.add(other.id());
        add(new Peer(other, self.compareTo(other.id()) < 0, now));
      }
    }
    gatherClientAddresses();
  }

  private Peer add(Peer peer) {
    peers.put(peer.member.id(), peer);
    peerList.add(peer);
    return peer;
  }

  /**
   * @param self the member that this transport speaks for
   * @param cluster the addresses of all members
   */
  public static Builder builder(NodeId self, ClusterConfig cluster) {
    return new Builder(self, cluster);
  }

  // ---- Transport

  @Override
  public void start(TransportListener listener) {
    if (closed || this.listener != null) {
      throw new RabiaException.Closed("a transport starts once");
    }
    loop.setOwningThread(Thread.currentThread());
    this.listener = listener;
    NioServerSocketChannel channel = new NioServerSocketChannel();
    channel.config().setOption(ChannelOption.SO_REUSEADDR, true);
    channel.config().setOption(ChannelOption.SO_BACKLOG, 128);
    channel.pipeline().addLast(new Acceptor());
    server = channel;
    await(register(channel));
    await(channel.bind(bind));
    LOG.debug("member {} listens on {}", self, channel.localAddress());
  }

  private void await(ChannelFuture future) {
    while (!future.isDone()) {
      loop.run(TimeUnit.MILLISECONDS.toNanos(10));
    }
    if (!future.isSuccess()) {
      Throwable cause = future.cause();
      close();
      throw new RabiaException.Network(
          "member " + self + " cannot listen on " + name(bind) + ": " + reason(cause), cause);
    }
  }

  private static String name(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }

  private static String reason(Throwable cause) {
    return cause instanceof UnresolvedAddressException
        ? "the host name cannot be resolved"
        : String.valueOf(cause.getMessage());
  }

  /**
   * The event loop that the owner's thread runs in {@link #poll}: what else is registered with it
   * is served there, between two frames of the members, and ends with this transport.
   */
  public EventLoop loop() {
    return loop;
  }

  /** Where it listens: the port that was given by the system when the configured one is 0. */
  public InetSocketAddress localAddress() {
    NioServerSocketChannel channel = server;
    if (channel == null || !channel.isActive()) {
      throw new RabiaException.Closed("the transport is not started");
    }
    return channel.localAddress();
  }

  private ChannelPromise register(Channel channel) {
    ChannelPromise registered = new DefaultChannelPromise(channel, loop);
    channel.unsafe().register(loop, registered);
    return registered;
  }

  @Override
  public int poll(long maxWaitNanos) {
    if (closed || listener == null) {
      throw new RabiaException.Closed("the transport is not started, or closed");
    }
    int before = handled;
    rethrowFailure();
    tellDisconnects();
    long wait = Math.min(maxWaitNanos, nextTimerAt - System.nanoTime());
    waits.forWork(handled != before ? 0 : wait);
    // After the I/O: what arrived while this process was paused must count before anyone is found
    // idle.
    long now = System.nanoTime();
    if (now - nextTimerAt >= 0) {
      runTimers(now);
    }
    tellDisconnects();
    rethrowFailure();
    return handled - before;
  }

  @Override
  public void wakeup() {
    waits.wakeup();
  }

  @Override
  public boolean send(NodeId to, ByteBuffer body) {
    int length = body.remaining();
    if (length < 1 || length > config.maxFrameBytes()) {
      throw new RabiaException.Validation(
          "frame of " + length + " bytes; 1 to " + config.maxFrameBytes() + " are allowed");
    }
    Peer peer = peers.get(to);
    PeerConnection connection = peer == null ? null : peer.connection;
    if (connection == null) {
      return false;
    }
    long queued = connection.queuedBytes() + FrameCodec.HEADER_BYTES + length;
    if (queued > config.outboundQueueBytes()) {
      counters.cutOff++;
      connection.close("cut off: " + queued + " bytes queued");
      return false;
    }
    connection.send(body);
    counters.framesSent++;
    counters.bytesSent += length;
    return true;
  }

  @Override
  public void flush() {
    for (int i = 0; i < peerList.size(); i++) {
      PeerConnection connection = peerList.get(i).connection;
      if (connection != null) {
        connection.flush();
      }
    }
  }

  @Override
  public void disconnect(NodeId id, String reason) {
    Peer peer = peers.get(id);
    if (peer != null && peer.connection != null) {
      peer.connection.close(reason);
    }
  }

  @Override
  public void members(List<ClusterConfig.Member> current, boolean joins) {
    long now = System.nanoTime();
    this.joins = joins;
    members.clear();
    for (ClusterConfig.Member member : current) {
      if (!member.id().equals(self)) {
        members.add(member.id());
        boolean dials = joins || self.compareTo(member.id()) < 0;
        Peer known = peers.get(member.id());
        if (known == null) {
          add(new Peer(member, dials, now));
        } else {
          known.change(member, dials, now);
        }
      }
    }
    for (Peer peer : peerList) {
      if (!members.contains(peer.member.id())) {
        peer.dialed = false;
      }
    }
    forgetStrangers();
    gatherClientAddresses();
    timerAt(now);
  }

  private void gatherClientAddresses() {
    List<ClusterConfig.Member> known = new ArrayList<>();
    if (!joins) {
      known.add(orUnknown(client, self));
    }
    for (Peer peer : peerList) {
      if (members.contains(peer.member.id())) {
        known.add(orUnknown(peer.client, peer.member.id()));
      }
    }
    known.sort(Comparator.comparing(ClusterConfig.Member::id));
    if (!known.equals(clientAddresses)) {
      clientAddresses = List.copyOf(known);
    }
  }

  private static ClusterConfig.Member orUnknown(ClusterConfig.@Nullable Member known, NodeId id) {
    return known == null ? new ClusterConfig.Member(id, "-", 0) : known;
  }

  /**
   * Where clients reach the members of the newest configuration, this one included if it is one;
   * with port 0 those that do not say so or were never connected to. The same list until another
   * one is known. From any thread.
   */
  public List<ClusterConfig.Member> clientAddresses() {
    return clientAddresses;
  }

  private void forgetStrangers() {
    peerList.removeIf(
        peer -> {
          boolean gone = peer.isGone() && !members.contains(peer.member.id());
          if (gone) {
            peers.remove(peer.member.id());
          }
          return gone;
        });
  }

  @Override
  public long queuedBytes(NodeId id) {
    Peer peer = peers.get(id);
    return peer == null || peer.connection == null ? 0 : peer.connection.queuedBytes();
  }

  @Override
  public TransportStatistics statistics() {
    return counters.snapshot();
  }

  /**
   * Closes the port and all connections, on the owner's thread; what is queued leaves as far as the
   * system takes it at once. The listener is not called any more.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    if (listener == null) {
      loop.setOwningThread(Thread.currentThread());
    } else {
      flush();
    }
    closed = true;
    for (PeerConnection connection : List.copyOf(unfinished)) {
      connection.close("this node closes");
    }
    for (Peer peer : peerList) {
      if (peer.connection != null) {
        peer.connection.close("this node closes");
      }
    }
    if (server != null) {
      server.close();
    }
    loop.shutdownGracefully(0, 0, TimeUnit.NANOSECONDS);
    while (!loop.isTerminated()) {
      loop.runNow();
    }
  }

  // ---- for the connections

  NettyTransportConfig config() {
    return config;
  }

  boolean hasFailed() {
    return failure != null;
  }

  /** A bug, or an error of the machine: comes out of the poll. */
  void fail(Throwable cause) {
    if (failure == null) {
      failure = cause;
    }
  }

  @Nullable Peer peer(NodeId id) {
    return peers.get(id);
  }

  ByteBuffer helloFor(Peer peer) {
    return HandshakeCodec.hello(listener.handshakeFor(peer.member.id()), client);
  }

  /** Null when the handshake is acceptable. */
  HandshakeCodec.@Nullable Refused judge(PeerConnection connection, Handshake hello) {
    NodeId id = hello.id();
    if (id.equals(self)) {
      return new HandshakeCodec.Refused(HandshakeCodec.Refusal.OWN_ID, "member " + id + " is here");
    }
    Peer peer = peers.get(id);
    if (peer == null && (!connection.inbound() || !listener.mayJoin(hello))) {
      return new HandshakeCodec.Refused(
          HandshakeCodec.Refusal.UNKNOWN_MEMBER, "no member " + id + " in the configuration");
    }
    if (peer == null) {
      return judgeStranger(connection, hello);
    }
    if (!connection.inbound() && connection.peer() != peer) {
      return new HandshakeCodec.Refused(
          HandshakeCodec.Refusal.WRONG_MEMBER, "member " + id + " lives at the dialed address");
    }
    boolean lower = self.compareTo(id) < 0; // where both dial, its connection stays
    boolean dials = peer.dialing || peer.connection != null || !listener.mayJoin(hello);
    String reason = listener.refuse(hello);
    if (connection.inbound() && peer.dialed && lower && dials) {
      return new HandshakeCodec.Refused(
          HandshakeCodec.Refusal.WRONG_DIRECTION,
          reason == null ? "member " + self + " dials member " + id : reason);
    }
    return reason == null
        ? null
        : new HandshakeCodec.Refused(HandshakeCodec.Refusal.ENGINE, reason);
  }

  private HandshakeCodec.@Nullable Refused judgeStranger(
      PeerConnection connection, Handshake hello) {
    forgetStrangers();
    String reason =
        peerList.size() >= members.size() + MAX_STRANGERS
            ? "too many that are not members"
            : listener.refuse(hello);
    if (reason != null) {
      return new HandshakeCodec.Refused(HandshakeCodec.Refusal.ENGINE, reason);
    }
    ClusterConfig.Member stranger =
        new ClusterConfig.Member(hello.id(), String.valueOf(connection.remoteAddress()), 0);
    add(new Peer(stranger, false, System.nanoTime())).dialing = true;
    return null;
  }

  void up(PeerConnection connection, HandshakeCodec.Hello hello) {
    Handshake handshake = hello.handshake();
    Peer peer = connection.peer();
    if (peer.connection != null) {
      peer.connection.close("replaced by a newer connection");
    }
    tellDisconnect(peer);
    unfinished.remove(connection);
    peer.dialing = false;
    peer.connection = connection;
    peer.client = hello.client();
    gatherClientAddresses();
    counters.connects++;
    handled++;
    timerAt(System.nanoTime() + idleCheckNanos());
    LOG.info("member {} connected to member {}", self, handshake.id());
    listener.onConnected(handshake);
  }

  void frame(PeerConnection connection, ByteBuffer body) {
    counters.framesReceived++;
    counters.bytesReceived += body.remaining();
    handled++;
    listener.onFrame(connection.peer().member.id(), body);
  }

  void refused(PeerConnection connection, HandshakeCodec.Refusal refusal, String reason) {
    counters.refused++;
    strangers.warn(
        "member " + self + " refused " + nameOf(connection) + ": " + refusal + ", " + reason);
  }

  void refusedByPeer(PeerConnection connection, HandshakeCodec.Refused refused) {
    counters.refused++;
    links.warn(
        "member "
            + self
            + " was refused by "
            + nameOf(connection)
            + ": "
            + refused.refusal()
            + ", "
            + refused.reason());
    Peer peer = connection.peer();
    connection.close("refused");
    if (peer != null) {
      listener.onRefused(peer.member.id(), refused.reason());
    }
  }

  void corrupted(PeerConnection connection, String what) {
    counters.corrupted++;
    strangers.warn("member " + self + " closes " + nameOf(connection) + ": " + what);
    connection.close(what);
  }

  /** Called once for each connection. */
  void ended(PeerConnection connection, boolean wasUp, String reason) {
    unfinished.remove(connection);
    Peer peer = connection.peer();
    long now = System.nanoTime();
    if (wasUp) {
      peer.connection = null;
      peer.owedDisconnect = reason;
      disconnectsOwed = true;
      counters.disconnects++;
      if (now - connection.startedAt() > config.reconnectBackoffMax().toNanos()) {
        peer.connectionLasted();
      }
      if (!closed) {
        links.warn("member " + self + " lost " + nameOf(connection) + ": " + reason);
      }
    }
    if (wasUp && !connection.inbound()) {
      dialAgain(peer, now);
    } else if (!connection.inbound()) {
      dialFailed(peer, reason);
    } else if (peer != null && !peer.dialed) {
      peer.dialing = false;
    }
  }

  private static String nameOf(PeerConnection connection) {
    Peer peer = connection.peer();
    return (peer == null ? "a stranger" : "member " + peer.member.id())
        + " at "
        + connection.remoteAddress();
  }

  // ---- timers

  private void timerAt(long at) {
    if (at - nextTimerAt < 0) {
      nextTimerAt = at;
    }
  }

  private long idleCheckNanos() {
    return config.idleTimeout().toNanos() / 4;
  }

  private void runTimers(long now) {
    nextTimerAt = now + TimeUnit.DAYS.toNanos(1);
    closeLateHandshakes(now);
    for (Peer peer : peerList) {
      if (peer.connection != null) {
        checkIdle(peer.connection, now);
      }
      if (peer.mayDial()) {
        if (now - peer.retryAt >= 0) {
          dial(peer);
        } else {
          timerAt(peer.retryAt);
        }
      }
    }
  }

  private void closeLateHandshakes(long now) {
    long timeout = config.handshakeTimeout().toNanos();
    for (PeerConnection connection : List.copyOf(unfinished)) {
      long deadline = connection.startedAt() + timeout;
      if (now - deadline < 0) {
        timerAt(deadline);
        return; // the others are younger
      }
      if (connection.inbound()) {
        counters.refused++;
        strangers.warn(
            "member " + self + " closes " + nameOf(connection) + ": no handshake in time");
      }
      connection.close("no handshake in time");
    }
  }

  private void checkIdle(PeerConnection connection, long now) {
    long silence = now - connection.lastHeardAt(now);
    if (silence >= config.idleTimeout().toNanos()) {
      connection.close("silent for " + TimeUnit.NANOSECONDS.toMillis(silence) + " ms");
    } else {
      timerAt(now + idleCheckNanos());
    }
  }

  private void tellDisconnects() {
    if (disconnectsOwed) {
      disconnectsOwed = false;
      for (Peer peer : peerList) {
        tellDisconnect(peer);
      }
    }
  }

  private void tellDisconnect(Peer peer) {
    String reason = peer.owedDisconnect;
    if (reason != null && failure == null) {
      peer.owedDisconnect = null;
      handled++;
      listener.onDisconnected(peer.member.id(), reason);
    }
  }

  private void rethrowFailure() {
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
    if (failure != null) {
      throw new IllegalStateException("I/O failed in an unexpected way", failure);
    }
  }

  // ---- connecting

  private void dial(Peer peer) {
    peer.dialing = true;
    ClusterConfig.Member member = peer.member;
    resolver.resolve(
        member.host(),
        member.port(),
        peer.failures(),
        address -> {
          if (address != null) {
            connect(peer, address);
          } else if (!closed) {
            dialFailed(peer, "the host name cannot be resolved");
          }
        });
  }

  private void connect(Peer peer, InetSocketAddress address) {
    if (closed) {
      return;
    }
    try {
      NioSocketChannel channel = new NioSocketChannel();
      channel.config().setConnectTimeoutMillis((int) config.connectTimeout().toMillis());
      SslHandler ssl =
          tls == null
              ? null
              : tls.forDialed(channel.alloc(), peer.member.host(), peer.member.port());
      PeerConnection connection = adopt(channel, peer, ssl);
      channel
          .connect(address)
          .addListener(
              future -> {
                if (!future.isSuccess()) {
                  connection.close(String.valueOf(future.cause().getMessage()));
                }
              });
    } catch (RuntimeException e) {
      dialFailed(peer, String.valueOf(e.getMessage())); // no descriptor left, most likely
    } catch (Error e) {
      fail(e); // Netty would swallow it where this runs as a task of the loop
    }
  }

  private void dialFailed(Peer peer, String reason) {
    if (peer.failures() == 0 && !closed) {
      links.warn("member " + self + " cannot connect to member " + peer.member + ": " + reason);
    }
    dialAgain(peer, System.nanoTime());
  }

  private void dialAgain(Peer peer, long now) {
    peer.dialing = false;
    peer.backOff(now, config, random);
    timerAt(peer.retryAt);
  }

  private PeerConnection adopt(
      NioSocketChannel channel, @Nullable Peer dialed, @Nullable SslHandler ssl) {
    channel.config().setTcpNoDelay(true);
    long now = System.nanoTime();
    PeerConnection connection = new PeerConnection(this, channel, dialed, now);
    unfinished.add(connection);
    timerAt(now + config.handshakeTimeout().toNanos());
    if (ssl != null) {
      ssl.setHandshakeTimeoutMillis(config.handshakeTimeout().toMillis());
      channel.pipeline().addLast(ssl);
    }
    channel.pipeline().addLast(connection);
    register(channel);
    return connection;
  }

  private void closeOldestStranger() {
    int inbound = 0;
    PeerConnection oldest = null;
    for (PeerConnection connection : unfinished) {
      if (connection.inbound()) {
        inbound++;
        oldest = oldest == null ? connection : oldest;
      }
    }
    if (oldest != null && inbound >= config.maxPendingInbound()) {
      counters.refused++;
      strangers.warn("member " + self + " closes " + nameOf(oldest) + ": too many unknown ones");
      oldest.close("too many connections without a handshake");
    }
  }

  /** Takes in what the port accepts. */
  private final class Acceptor extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      NioSocketChannel channel = (NioSocketChannel) message;
      if (closed || failure != null) {
        channel.close();
        return;
      }
      closeOldestStranger();
      try {
        adopt(channel, null, tls == null ? null : tls.forAccepted(channel.alloc()));
      } catch (RuntimeException e) {
        strangers.warn("member " + self + " cannot take in a connection: " + e.getMessage());
        channel.close();
      }
    }

    /** Out of descriptors, most likely: without the pause the port would stay readable and spin. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      if (cause instanceof Error) {
        fail(cause);
        return;
      }
      strangers.warn("member " + self + " cannot accept: " + cause.getMessage());
      Channel channel = context.channel();
      channel.config().setAutoRead(false);
      loop.schedule(
          () -> channel.config().setAutoRead(true), ACCEPT_PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** Collects what a {@link NettyTransport} needs; not thread-safe. */
  public static final class Builder {
    private final NodeId self;
    private final ClusterConfig cluster;
    private NettyTransportConfig config = NettyTransportConfig.defaults();
    private @Nullable InetSocketAddress bind;
    private ClusterConfig.@Nullable Member client;
    private @Nullable TlsConfig tls;
    private HostLookup lookup = InetAddress::getAllByName;

    private Builder(NodeId self, ClusterConfig cluster) {
      this.self = self;
      this.cluster = cluster;
    }

    /** Limits and times. Default {@link NettyTransportConfig#defaults()}. */
    public Builder config(NettyTransportConfig config) {
      this.config = config;
      return this;
    }

    /** Where to listen; port 0 for any. Default the member's own host and port. */
    public Builder bind(InetSocketAddress address) {
      bind = address;
      return this;
    }

    /** Where clients reach this member, which the others tell theirs. Default: they do not. */
    public Builder clientAddress(String host, int port) {
      client = new ClusterConfig.Member(self, host, port);
      return this;
    }

    /** Encrypts all connections. Default none. */
    public Builder tls(TlsConfig tls) {
      this.tls = tls;
      return this;
    }

    /**
     * How host names become addresses, at every attempt to connect. Default: as the operating
     * system says, which the virtual machine remembers for the seconds of the security property
     * {@code networkaddress.cache.ttl} (30 when it is not set).
     */
    public Builder lookup(HostLookup lookup) {
      this.lookup = lookup;
      return this;
    }

    /**
     * Opens no port yet, but holds a selector: close it even when it was never started.
     *
     * @throws RabiaException.Validation when {@code self} is not a member, or a TLS file is not
     *     usable
     */
    public NettyTransport build() {
      ClusterConfig.Member member =
          cluster
              .member(self)
              .orElseThrow(
                  () -> new RabiaException.Validation("no member " + self + " in " + cluster));
      return new NettyTransport(this, member);
    }
  }
}
