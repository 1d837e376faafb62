package io.rabia.benchmarks.aeron;

import io.aeron.cluster.client.AeronCluster;
import io.aeron.cluster.client.EgressListener;
import io.aeron.cluster.codecs.EventCode;
import io.aeron.logbuffer.Header;
import io.rabia.benchmarks.cluster.Target.Outcome;
import io.rabia.benchmarks.port.PortProtocol;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableDirectByteBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One session of a client. What is not answered is sent again to a new leader and in a new session;
 * a request that takes too long fails. One thread.
 */
final class AeronSession implements EgressListener {
  private static final long TIMEOUT = TimeUnit.SECONDS.toNanos(10);
  private static final long RESEND = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long KEEP_ALIVE = TimeUnit.SECONDS.toNanos(1);

  private static final class Request {
    final long number;
    final byte operation;
    final byte[] content;
    final Outcome outcome;
    final long deadline = System.nanoTime() + TIMEOUT;
    boolean sent;

    Request(long number, byte operation, byte[] content, Outcome outcome) {
      this.number = number;
      this.operation = operation;
      this.content = content;
      this.outcome = outcome;
    }
  }

  private final AeronCluster.Context context;
  private final MutableDirectBuffer buffer = new ExpandableDirectByteBuffer(1 << 16);
  private final Long2ObjectHashMap<Request> onWire = new Long2ObjectHashMap<>();
  private final ArrayDeque<Request> waiting = new ArrayDeque<>();
  private AeronCluster.@Nullable AsyncConnect connecting;
  private @Nullable AeronCluster cluster;
  private long nextNumber = 1;
  private long lastAnswer = System.nanoTime();
  private long keepAliveAt;
  private long resent;

  AeronSession(String ingressEndpoints, String directory) {
    context =
        new AeronCluster.Context()
            .ingressChannel("aeron:udp?term-length=1m")
            .ingressEndpoints(ingressEndpoints)
            .egressChannel("aeron:udp?endpoint=127.0.0.1:0")
            .aeronDirectoryName(directory)
            .errorHandler(Throwable::printStackTrace)
            .egressListener(this);
  }

  int leader() {
    AeronCluster open = cluster;
    return open == null ? -1 : open.leaderMemberId();
  }

  long resent() {
    return resent;
  }

  void submit(byte operation, byte[] content, Outcome outcome) {
    waiting.add(new Request(nextNumber++, operation, content, outcome));
  }

  /** Connects when it must, and takes answers. */
  int poll() {
    long now = System.nanoTime();
    AeronCluster open = cluster;
    if (open == null || open.isClosed()) {
      return connect();
    }
    if (now - keepAliveAt > 0 && open.sendKeepAlive()) {
      keepAliveAt = now + KEEP_ALIVE;
    }
    int work = open.pollEgress() + open.pollStateChanges();
    if (!onWire.isEmpty() && now - lastAnswer > RESEND) {
      lastAnswer = now;
      expire(now);
    }
    return work;
  }

  private int connect() {
    takeBack();
    cluster = null;
    AeronCluster.AsyncConnect attempt = connecting;
    try {
      if (attempt == null) {
        attempt = AeronCluster.asyncConnect(context.clone());
        connecting = attempt;
      }
      cluster = attempt.poll();
      if (cluster != null) {
        connecting = null;
        return 1;
      }
    } catch (RuntimeException e) {
      System.err.println("connecting again: " + e);
      if (attempt != null) {
        attempt.close();
      }
      connecting = null;
    }
    expire(System.nanoTime());
    return 0;
  }

  /** Sends what waits, as far as it is taken. */
  int send() {
    AeronCluster open = cluster;
    int sent = 0;
    while (open != null && !waiting.isEmpty()) {
      Request request = waiting.peek();
      buffer.putLong(0, request.number);
      buffer.putByte(Long.BYTES, request.operation);
      buffer.putBytes(PortProtocol.HEADER, request.content);
      if (open.offer(buffer, 0, PortProtocol.HEADER + request.content.length) <= 0) {
        return sent;
      }
      waiting.remove();
      resent += request.sent ? 1 : 0;
      request.sent = true;
      onWire.put(request.number, request);
      sent++;
    }
    return sent;
  }

  @Override
  public void onMessage(
      long session, long timestamp, DirectBuffer source, int offset, int length, Header header) {
    Request request = onWire.remove(source.getLong(offset));
    lastAnswer = System.nanoTime();
    if (request != null) {
      byte[] value = new byte[length - PortProtocol.HEADER];
      source.getBytes(offset + PortProtocol.HEADER, value);
      request.outcome.succeeded(value);
    }
  }

  @Override
  public void onNewLeader(long session, long term, int leader, String ingressEndpoints) {
    takeBack();
  }

  @Override
  public void onSessionEvent(
      long correlation, long session, long term, int leader, EventCode code, String detail) {
    if (code == EventCode.ERROR || code == EventCode.CLOSED) {
      System.err.println("session event " + code + " " + detail);
    }
  }

  private void takeBack() {
    waiting.addAll(onWire.values());
    onWire.clear();
  }

  private void expire(long now) {
    for (Request request : new ArrayList<>(onWire.values())) {
      if (now - request.deadline > 0) {
        onWire.remove(request.number);
        request.outcome.failed("no answer in time");
      }
    }
    while (!waiting.isEmpty() && now - waiting.peek().deadline > 0) {
      waiting.remove().outcome.failed("not sent in time");
    }
  }
}
