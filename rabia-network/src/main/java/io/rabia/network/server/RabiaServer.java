package io.rabia.network.server;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Submitter;
import io.rabia.network.client.HostPort;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Opens a state machine, whichever, to {@link io.rabia.network.client.RabiaClient}: what clients
 * send goes to a {@link Submitter}, as a rule an engine in this process, and its answers go back.
 * Everything between happens on one event loop. The methods wait for what they do; not for use on
 * an event loop.
 */
public final class RabiaServer implements AutoCloseable {
  private final Ports ports;
  private final InetSocketAddress address;

  private RabiaServer(Ports ports, InetSocketAddress address) {
    this.ports = ports;
    this.address = address;
  }

  /**
   * As {@link #start(NodeId, String, PortLimits, Submitter, Supplier)}, with {@link
   * PortLimits#defaults}, of a server that does not know where the others serve clients.
   */
  public static RabiaServer start(NodeId id, String address, Submitter submitter) {
    return start(id, address, PortLimits.defaults(), submitter, List::of);
  }

  /**
   * Serves from now on.
   *
   * @param id of the node, which clients are told
   * @param address {@code host:port}; port 0 takes a free one
   * @param members where clients reach the members: as a rule {@link
   *     io.rabia.network.NettyTransport#clientAddresses}. The same list until it changes
   * @throws RabiaException.Validation for an address that is none
   * @throws RabiaException.Network when the address cannot be had
   */
  public static RabiaServer start(
      NodeId id,
      String address,
      PortLimits limits,
      Submitter submitter,
      Supplier<List<ClusterConfig.Member>> members) {
    HostPort wanted = HostPort.parse(address);
    ClientService service =
        new ClientService(
            id, query -> limits.maxFrame(), submitter, new Silent(), RabiaServer::refuse, members);
    Ports ports = new Ports("rabia-" + id + "-clients");
    try {
      InetSocketAddress bound =
          ports.bind(
              "client",
              wanted,
              limits,
              port -> new ClientConnection(port, service, ports.completions()));
      ports.accept();
      return new RabiaServer(ports, bound);
    } catch (RuntimeException e) {
      ports.close();
      throw e;
    }
  }

  /** The port that it really has. */
  public int port() {
    return address.getPort();
  }

  public PortStatistics statistics() {
    return ports.all().get(0).statistics();
  }

  /**
   * Takes no more requests and waits until those taken in are answered; then {@link #close}.
   *
   * @return false when that took longer than {@code timeout}
   */
  public boolean drain(Duration timeout) {
    return ports.drain(timeout);
  }

  /** Ends all connections; what was not answered has an unknown outcome. Idempotent. */
  @Override
  public void close() {
    ports.close();
  }

  private static CompletableFuture<byte[]> refuse(String line, Duration timeout) {
    return CompletableFuture.failedFuture(
        new RabiaException.Validation("this server takes no orders of operators"));
  }

  private static final class Silent implements NodeStatusSource {
    private static CompletableFuture<NodeStatus> refused() {
      return CompletableFuture.failedFuture(
          new RabiaException.Validation("this server tells no status"));
    }

    @Override
    public CompletableFuture<NodeStatus> status() {
      return refused();
    }

    @Override
    public CompletableFuture<NodeStatus> statusAt(long slot, Duration timeout) {
      return refused();
    }
  }
}
