package io.rabia.network.server;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Submitter;
import io.rabia.network.NettyTransport;
import io.rabia.network.client.HostPort;
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
  private final Listening address;

  private RabiaServer(Ports ports, Listening address) {
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
   * Serves from now on the clients of an engine that runs on this transport, on the engine's own
   * thread: no other thread is woken between a client and the members if the engine's completion
   * executor is {@code Runnable::run}. It ends with the transport. {@link #drain} is not for that
   * thread.
   *
   * @param submitter the engine, started
   * @throws RabiaException.Validation for an address that is none
   * @throws RabiaException.Network when the address cannot be had
   * @throws RabiaException.Closed when the engine has ended
   */
  public static RabiaServer start(
      NodeId id, String address, PortLimits limits, Submitter submitter, NettyTransport transport) {
    return start(
        id, address, limits, submitter, transport::clientAddresses, new Ports(transport.loop()));
  }

  /**
   * Serves from now on, on a thread of its own.
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
    return start(id, address, limits, submitter, members, new Ports("rabia-" + id + "-clients"));
  }

  private static RabiaServer start(
      NodeId id,
      String address,
      PortLimits limits,
      Submitter submitter,
      Supplier<List<ClusterConfig.Member>> members,
      Ports ports) {
    ClientService service =
        new ClientService(
            id, query -> limits.maxFrame(), submitter, new Silent(), RabiaServer::refuse, members);
    try {
      Listening listening = Listening.at("client", HostPort.parse(address));
      if (!ports.accept(
          listening, limits, port -> new ClientConnection(port, service, ports.completions()))) {
        throw new RabiaException.Closed("the engine has ended");
      }
      return new RabiaServer(ports, listening);
    } catch (RuntimeException e) {
      ports.close();
      throw e;
    }
  }

  /** The port that it really has. */
  public int port() {
    return address.address().getPort();
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
    address.close();
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
