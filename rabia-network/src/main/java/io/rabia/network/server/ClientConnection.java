package io.rabia.network.server;

import io.netty.buffer.ByteBuf;
import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.Command;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import io.rabia.network.wire.ErrorCode;
import io.rabia.network.wire.Frames;
import io.rabia.network.wire.Hello;
import io.rabia.network.wire.Request;
import io.rabia.network.wire.RequestKind;
import io.rabia.network.wire.Welcome;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A connection of the client port: hello, then requests in any number at once, answered as they are
 * done.
 */
public final class ClientConnection extends PortConnection implements Completions.Receiver {
  private static final int MAX_HELLO = 64;
  private static final byte[] NOTHING = new byte[0];

  /** So many may be opened by one connection. */
  private static final int MAX_SESSIONS = 4096;

  private final ClientService service;
  private final Completions completions;
  private boolean greeted;
  private int version;
  private int largestResult;
  private List<ClusterConfig.Member> toldMembers = List.of();
  private int inFlight;
  private int sessions;

  /** That which came last; while it waits for room, nothing more is read. */
  private final Request request = new Request();

  private boolean waiting;

  public ClientConnection(Port port, ClientService service, Completions completions) {
    super(port);
    this.service = service;
    this.completions = completions;
  }

  @Override
  protected boolean helloMissing() {
    return !greeted;
  }

  @Override
  protected boolean answersOwed() {
    return inFlight > 0 || waiting;
  }

  @Override
  protected boolean busy() {
    return waiting;
  }

  @Override
  protected void writeRefusal(ByteBuf target, RabiaException reason) {
    Frames.writeRefused(target, ErrorCode.of(reason), String.valueOf(reason.getMessage()));
  }

  @Override
  protected void consume(ByteBuf bytes) {
    while (!ending() && !waiting) {
      int length = Frames.frameLength(bytes, greeted ? port().limits().maxFrame() : MAX_HELLO);
      if (length < 0) {
        return;
      }
      bytes.skipBytes(Frames.LENGTH_FIELD);
      if (greeted && bytes.getByte(bytes.readerIndex()) == Frames.REQUEST) {
        bytes.skipBytes(1);
        Frames.readRequest(bytes, length - 1, request);
        onRequest();
      } else {
        onFrame(bytes.readSlice(length));
      }
    }
  }

  private void onFrame(ByteBuf frame) {
    byte type = frame.readByte();
    if (!greeted && type == Frames.HELLO) {
      onHello(Frames.readHello(frame));
    } else if (greeted && type == Frames.PING && !frame.isReadable()) {
      Frames.writeEmpty(out(), Frames.PONG);
    } else {
      throw new RabiaException.Serialization("frame type " + type);
    }
  }

  private void onHello(Hello hello) {
    ClusterId own = service.submitter().clusterId();
    if (hello.version() < Frames.OLDEST_VERSION || hello.version() > Frames.VERSION) {
      refuse(
          PortStatistics.Event.REFUSED,
          new RabiaException.Validation(
              "client speaks version " + hello.version() + ", this server " + Frames.VERSION));
    } else if (!hello.clusterId().equals(ClusterId.NONE)
        && !own.equals(ClusterId.NONE)
        && !hello.clusterId().equals(own)) {
      refuse(
          PortStatistics.Event.REFUSED,
          new RabiaException.WrongCluster(
              "client of cluster " + hello.clusterId() + ", this is " + own));
    } else {
      greeted = true;
      version = hello.version();
      largestResult =
          Math.min(hello.maxFrame(), port().limits().maxOutboundBytes()) - Frames.MAX_OVERHEAD;
      Frames.writeWelcome(out(), new Welcome(version, service.id().value(), own));
      tellMembers();
    }
  }

  private void tellMembers() {
    List<ClusterConfig.Member> members = service.members().get();
    if (version > 1 && members != toldMembers) {
      toldMembers = members;
      Frames.writeMembers(out(), members);
    }
  }

  /**
   * A client whose request waits here, or is still on its way, hears so, as a PONG would not be
   * asked for by what is behind it.
   */
  @Override
  protected void onSweep(boolean receiving) {
    if (greeted && !ending()) {
      tellMembers();
      if (waiting || receiving) {
        Frames.writeEmpty(out(), Frames.PONG);
      }
      flush();
    }
  }

  private void onRequest() {
    waiting = false;
    if (port().draining()) {
      fail(request.correlation(), new RabiaException.Closed("the server is shutting down"));
    } else if (inFlight >= port().limits().maxInFlight()) {
      port().statistics().count(PortStatistics.Event.OVERLOADED);
      fail(
          request.correlation(),
          new RabiaException.Overload(inFlight + " requests of this connection in flight"));
    } else if (request.kind() == RequestKind.OPEN_SESSION && sessions >= MAX_SESSIONS) {
      fail(
          request.correlation(),
          new RabiaException.Overload(sessions + " sessions were opened by this connection"));
    } else {
      long bytes = (long) request.payload().length + answerBytes();
      if (port().begin(this, bytes)) {
        inFlight++;
        start(completions.waiting(this, request.correlation(), bytes));
      } else {
        waiting = true;
      }
    }
    if (!waiting) {
      request.release();
    }
  }

  /** What the answer may take beside what is counted for every one. */
  private int answerBytes() {
    return switch (request.kind()) {
      case READ_LINEARIZABLE, READ_LOCAL -> service.largestAnswer().applyAsInt(request.payload());
      case ADMINISTRATION -> Administration.MAX_ANSWER;
      default -> 0;
    };
  }

  @Override
  protected long waitingBytes() {
    return waiting ? request.payload().length : 0;
  }

  @Override
  protected void resume() {
    if (waiting && connected() && !ending()) {
      onRequest();
      process();
      flush();
    } else {
      waiting = false;
      request.release();
    }
  }

  private void start(BiConsumer<byte @Nullable [], @Nullable Throwable> whenDone) {
    Submitter submitter = service.submitter();
    Duration timeout = Duration.ofMillis(request.timeoutMillis());
    byte[] payload = request.payload();
    long session = request.session();
    try {
      switch (request.kind()) {
        case SUBMIT ->
            submitter.submit(
                new Command(session, request.number(), request.lowestUnanswered(), payload),
                timeout,
                whenDone);
        case READ_LINEARIZABLE ->
            submitter.read(payload, ReadConsistency.LINEARIZABLE, timeout).whenComplete(whenDone);
        case READ_LOCAL ->
            submitter.read(payload, ReadConsistency.LOCAL, timeout).whenComplete(whenDone);
        case OPEN_SESSION -> {
          sessions++;
          submitter
              .openSession(timeout)
              .thenApply(id -> ByteBuffer.allocate(Long.BYTES).putLong(id).array())
              .whenComplete(whenDone);
        }
        case CLOSE_SESSION ->
            submitter
                .closeSession(session, timeout)
                .thenApply(nothing -> NOTHING)
                .whenComplete(whenDone);
        case STATUS ->
            service.status().status().thenApply(ClientConnection::text).whenComplete(whenDone);
        case STATUS_AT ->
            service
                .status()
                .statusAt(request.slot(), timeout)
                .thenApply(ClientConnection::text)
                .whenComplete(whenDone);
        case ADMINISTRATION ->
            service
                .administration()
                .execute(new String(payload, StandardCharsets.UTF_8), timeout)
                .whenComplete(whenDone);
      }
    } catch (RuntimeException e) {
      whenDone.accept(null, e);
    }
  }

  private static byte[] text(NodeStatus status) {
    return status.line().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void onResult(
      long correlation, long bytes, byte @Nullable [] result, @Nullable Throwable failure) {
    inFlight--;
    port().end(bytes);
    if (!connected() || ending()) {
      return;
    }
    if (failure != null) {
      fail(correlation, ErrorCode.unwrap(failure));
    } else if (result != null && result.length > largestResult) {
      fail(
          correlation,
          new RabiaException.AnswerTooLarge(
              "the answer has " + result.length + " bytes; at most " + largestResult + " fit"));
    } else {
      Frames.writeResponse(out(), correlation, ErrorCode.OK, result == null ? NOTHING : result);
    }
  }

  private void fail(long correlation, Throwable failure) {
    byte[] message = ErrorCode.text(failure).getBytes(StandardCharsets.UTF_8);
    Frames.writeResponse(out(), correlation, ErrorCode.of(failure).in(version), message);
  }

  @Override
  public void onResultsComplete() {
    flush();
  }
}
