package io.rabia.benchmarks.cluster;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.rabia.benchmarks.port.PortProtocol;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * Members with a leader, each behind a {@link io.rabia.benchmarks.port.PeerPort}: as many
 * connections to the leader as asked for. Who leads is learnt from refusals, from connections that
 * end, and by asking the others when the leader is silent. A request that did not get through is
 * sent again.
 */
final class PortTarget implements Target, PortLink.Owner {
  private static final long TIMEOUT = TimeUnit.SECONDS.toNanos(10);
  private static final long EXPIRY = TimeUnit.SECONDS.toNanos(1);
  private static final long TICK_MILLIS = 2;

  /** A leader that owes answers for so long may be one no more: the others are asked. */
  private static final long SILENCE = TimeUnit.MILLISECONDS.toNanos(50);

  private static final class Request {
    final byte operation;
    final byte[] content;
    final int lane;
    final Outcome outcome;
    final long deadline = System.nanoTime() + TIMEOUT;
    int server;
    boolean sent;

    Request(byte operation, byte[] content, int lane, Outcome outcome) {
      this.operation = operation;
      this.content = content;
      this.lane = lane;
      this.outcome = outcome;
    }
  }

  private final EventLoop loop =
      (EventLoop) new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory()).next();
  private final PortLink[][] links;
  private final int connections;
  private final Long2ObjectHashMap<Request> onWire = new Long2ObjectHashMap<>();
  private final ArrayDeque<Request> waiting = new ArrayDeque<>();
  private long nextNumber = 1;
  private int leader;
  private long lastAnswer = System.nanoTime();
  private long lastExpiry = lastAnswer;
  private boolean flushScheduled;
  private long resent;

  PortTarget(String addresses, int connections) {
    this.connections = connections;
    String[] servers = addresses.split(",", -1);
    links = new PortLink[servers.length][connections];
    for (int server = 0; server < servers.length; server++) {
      for (int lane = 0; lane < connections; lane++) {
        links[server][lane] = new PortLink(loop, servers[server], server, this);
      }
    }
    loop.scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  @Override
  public void execute(Runnable task) {
    loop.execute(task);
  }

  @Override
  public void write(int client, byte[] key, byte[] value, Outcome outcome) {
    byte[] content = new byte[Short.BYTES + key.length + value.length];
    ByteBuffer.wrap(content).putShort((short) key.length).put(key).put(value);
    send(new Request(PortProtocol.WRITE, content, client % connections, outcome));
  }

  @Override
  public void read(int client, byte[] key, Outcome outcome) {
    send(new Request(PortProtocol.READ, key, client % connections, outcome));
  }

  private void send(Request request) {
    PortLink link = links[leader][request.lane];
    if (!link.isUp()) {
      link.connect();
      waiting.add(request);
      return;
    }
    long number = nextNumber++;
    request.server = leader;
    resent += request.sent ? 1 : 0;
    request.sent = true;
    onWire.put(number, request);
    link.write(number, request.operation, request.content);
    if (!flushScheduled) {
      flushScheduled = true;
      loop.execute(this::flush);
    }
  }

  private void flush() {
    flushScheduled = false;
    for (PortLink link : links[leader]) {
      link.flush();
    }
  }

  @Override
  public void onReply(int server, long number, byte status, ByteBuf content) {
    lastAnswer = System.nanoTime();
    Request request = onWire.remove(number);
    if (status == PortProtocol.NOT_LEADER) {
      learn(server, content.readInt());
      if (request != null) {
        waiting.add(request);
      }
    } else if (request != null) {
      byte[] bytes = new byte[content.readableBytes()];
      content.readBytes(bytes);
      if (status == PortProtocol.OK) {
        request.outcome.succeeded(bytes);
      } else if (System.nanoTime() - request.deadline < 0) {
        waiting.add(request);
      } else {
        request.outcome.failed(new String(bytes, StandardCharsets.UTF_8));
      }
    }
  }

  /** A server says who leads, or that it does not know. */
  private void learn(int from, int who) {
    if (who >= 0 && who != leader) {
      moveTo(who);
    } else if (who < 0 && from == leader) {
      moveTo((from + 1) % links.length);
    }
  }

  private void moveTo(int server) {
    leader = server;
    lastAnswer = System.nanoTime();
    takeBack(request -> request.server != server);
  }

  private void takeBack(Predicate<Request> lost) {
    List<Long> numbers = new ArrayList<>();
    onWire.forEach(
        (number, request) -> {
          if (lost.test(request)) {
            numbers.add(number);
          }
        });
    for (long number : numbers) {
      waiting.add(onWire.remove(number));
    }
  }

  @Override
  public void onDown(int server) {
    if (server == leader) {
      moveTo((server + 1) % links.length);
    }
  }

  private void tick() {
    long now = System.nanoTime();
    for (int i = waiting.size(); i > 0; i--) {
      Request request = waiting.remove();
      if (now - request.deadline > 0) {
        request.outcome.failed("no answer in time");
      } else {
        send(request);
      }
    }
    if (now - lastExpiry > EXPIRY) {
      lastExpiry = now;
      takeBack(request -> now - request.deadline > 0);
    }
    if (!onWire.isEmpty() && now - lastAnswer > SILENCE) {
      lastAnswer = now;
      askOthers();
    }
  }

  private void askOthers() {
    for (int server = 0; server < links.length; server++) {
      PortLink link = links[server][0];
      if (server != leader) {
        if (link.isUp()) {
          link.write(nextNumber++, PortProtocol.LEADER, new byte[0]);
          link.flush();
        } else {
          link.connect();
        }
      }
    }
  }

  @Override
  public int home(int client) {
    return 0;
  }

  @Override
  public int homes() {
    return 1;
  }

  @Override
  public long resent() {
    return resent;
  }

  @Override
  public int leader() {
    return leader;
  }
}
