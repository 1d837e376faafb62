package io.rabia.kvstore.server.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.rabia.core.RabiaException;
import io.rabia.core.transport.TransportStatistics;
import io.rabia.kvstore.KvStateMachine;
import io.rabia.network.server.NodeStatus;
import io.rabia.network.server.NodeStatusSource;
import io.rabia.network.server.Port;
import io.rabia.network.server.PortStatistics;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** What the HTTP port says about the node. Thread-safe when the port list is complete. */
public final class HealthPages {
  private static final String OK = "200 OK";
  private static final String UNAVAILABLE = "503 Service Unavailable";

  private final NodeStatusSource source;
  private final KvStateMachine store;
  private final Supplier<List<Port>> ports;
  private final JsonFactory json = new JsonFactory();

  /**
   * @param ports whose counters are shown
   */
  public HealthPages(NodeStatusSource source, KvStateMachine store, Supplier<List<Port>> ports) {
    this.source = source;
    this.store = store;
    this.ports = ports;
  }

  /** A whole answer but for its head's framing. */
  record Page(String status, String type, String body) {
    private static Page text(String status, String body) {
      return new Page(status, "text/plain; charset=utf-8", body + "\n");
    }
  }

  /** What stands under {@code path}; never fails. */
  CompletableFuture<Page> page(String path) {
    return switch (path) {
      case "/health/live" -> health(status -> status.state() != NodeStatus.State.STOPPED);
      case "/health/ready" -> health(status -> status.state() == NodeStatus.State.SERVING);
      case "/status" -> source.status().thenApply(s -> new Page(OK, "application/json", json(s)));
      default ->
          CompletableFuture.completedFuture(
              Page.text("404 Not Found", "served are /health/live /health/ready /status"));
    };
  }

  static Page methodNotAllowed() {
    return Page.text("405 Method Not Allowed", "GET and HEAD only");
  }

  static Page refusal(RabiaException reason) {
    boolean overload = reason instanceof RabiaException.Overload;
    return Page.text(
        overload ? UNAVAILABLE : "400 Bad Request", String.valueOf(reason.getMessage()));
  }

  /** A status for a load balancer and a word for people. */
  private CompletableFuture<Page> health(Predicate<NodeStatus> healthy) {
    return source
        .status()
        .thenApply(
            status -> {
              String reason = status.reason().isBlank() ? "" : ": " + status.reason();
              return Page.text(healthy.test(status) ? OK : UNAVAILABLE, status.state() + reason);
            });
  }

  private String json(NodeStatus status) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = json.createGenerator(text)) {
      out.writeStartObject();
      out.writeNumberField("id", status.id());
      out.writeStringField("state", status.state().name());
      out.writeStringField("reason", status.reason());
      out.writeNumberField("epoch", status.epoch());
      out.writeNumberField("decided", status.decided());
      out.writeNumberField("applied", status.applied());
      out.writeStringField("hash", String.format(Locale.ROOT, "%016x", status.hash()));
      out.writeStringField("data", String.format(Locale.ROOT, "%016x", status.data()));
      out.writeNumberField("slots", status.slots());
      out.writeNumberField("batches", status.batches());
      out.writeNumberField("noop", status.noop());
      out.writeNumberField("forfeits", status.forfeits());
      out.writeNumberField("fast", status.fast());
      out.writeNumberField("pending", status.pending());
      out.writeNumberField("connected", status.connected());
      out.writeNumberField("own", status.own());
      out.writeNumberField("entries", store.entries());
      out.writeNumberField("memoryBytes", store.memoryBytes());
      write(out, status.network());
      out.writeObjectFieldStart("ports");
      for (Port port : ports.get()) {
        write(out, port);
      }
      out.writeEndObject();
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text + "\n";
  }

  private static void write(JsonGenerator out, TransportStatistics network) throws IOException {
    out.writeObjectFieldStart("peers");
    out.writeNumberField("frames_sent", network.framesSent());
    out.writeNumberField("frames_received", network.framesReceived());
    out.writeNumberField("bytes_sent", network.bytesSent());
    out.writeNumberField("bytes_received", network.bytesReceived());
    out.writeNumberField("connects", network.connects());
    out.writeNumberField("disconnects", network.disconnects());
    out.writeNumberField("refused", network.refused());
    out.writeNumberField("corrupted", network.corrupted());
    out.writeNumberField("cut_off", network.cutOff());
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, Port port) throws IOException {
    out.writeObjectFieldStart(port.name());
    for (PortStatistics.Event event : PortStatistics.Event.values()) {
      String name = event.name().toLowerCase(Locale.ROOT);
      out.writeNumberField(name, port.statistics().get(event));
    }
    out.writeEndObject();
  }
}
