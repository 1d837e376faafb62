package io.rabia.network.client;

import io.rabia.core.RabiaException;
import io.rabia.network.wire.Request;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Commands that wait until their session is open and has room; it is opened for them, and again for
 * as long as one of them has time. Belongs to the event loop.
 */
final class SessionQueues {
  private final Dispatcher dispatcher;
  private final Set<ClientSession> waiting = new LinkedHashSet<>();
  private final Set<ClientSession> opened = new LinkedHashSet<>();

  SessionQueues(Dispatcher dispatcher) {
    this.dispatcher = dispatcher;
  }

  void add(ClientSession session, ClientRequest request) {
    session.waiting().add(request);
    goOn(session, request.server);
  }

  /** Sends what may be sent; what must be opened first is opened at this server, or another one. */
  void goOn(ClientSession session, ServerLink server) {
    for (ClientRequest next = session.next(); next != null; next = session.next()) {
      dispatcher.dispatch(next);
    }
    if (session.waiting().isEmpty()) {
      waiting.remove(session);
      return;
    }
    waiting.add(session);
    if (session.mustOpen()) {
      dispatcher.open(
          server, (id, failure) -> onOpened(session, server, id, failure), session::opening);
    }
  }

  private void onOpened(
      ClientSession session,
      ServerLink server,
      byte @Nullable [] id,
      @Nullable RabiaException failure) {
    if (id != null && id.length == Long.BYTES) {
      session.opened(ByteBuffer.wrap(id).getLong());
      opened.add(session);
      goOn(session, server);
      return;
    }
    RabiaException refusal =
        failure == null
            ? new RabiaException.Serialization("the server sent no session id")
            : failure;
    session.openFailed();
    session.waiting().removeIf(request -> request.done);
    if (mayOpenLater(refusal)) {
      session.waiting().forEach(request -> request.noteRefusal(refusal));
      goOn(session, server);
    } else {
      List<ClientRequest> failed = new ArrayList<>(session.waiting());
      session.waiting().clear();
      failed.forEach(request -> dispatcher.fail(request, refusal));
    }
  }

  private static boolean mayOpenLater(RabiaException refusal) {
    return refusal instanceof RabiaException.Timeout
        || refusal instanceof RabiaException.Network
        || refusal instanceof RabiaException.NoQuorum
        || refusal instanceof RabiaException.Overload;
  }

  /** Each with what its session could not be opened for, so far. */
  void forEachWaiting(Consumer<ClientRequest> action) {
    for (ClientSession session : waiting) {
      ClientRequest opening = session.opening();
      RabiaException refusal = opening == null ? null : opening.lastRefusal();
      for (ClientRequest request : session.waiting()) {
        if (refusal != null) {
          request.noteRefusal(refusal);
        }
        action.accept(request);
      }
    }
  }

  /**
   * Tells one of these servers that the sessions end: once, as nobody is there for an answer; what
   * is not heard ends by itself later.
   */
  void close(List<ServerLink> servers, Duration timeout) {
    int millis = (int) Math.min(ClientCore.nanos(timeout) / 1_000_000, Integer.MAX_VALUE);
    for (ServerLink link : servers) {
      if (link.closesSessions()) {
        for (ClientSession session : opened) {
          if (session.id() != 0) {
            link.write(Request.closeSession(0, millis, session.id()));
          }
        }
        link.flush();
        return;
      }
    }
  }

  void forgetDone() {
    waiting.forEach(session -> session.waiting().removeIf(request -> request.done));
    waiting.removeIf(session -> session.waiting().isEmpty());
  }
}
