package io.rabia.kvstore.server.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.rabia.kvstore.KvStateMachine;
import io.rabia.kvstore.server.NodeStatus;
import io.rabia.kvstore.server.NodeStatusSource;
import io.rabia.kvstore.server.Port;
import io.rabia.kvstore.server.PortStatistics;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;

/** What the HTTP port says about the node. Thread-safe when the port list is complete. */
public final class HealthPages {
  private final NodeStatusSource source;
  private final KvStateMachine store;
  private final List<Port> ports;
  private final JsonFactory json = new JsonFactory();

  /** @param ports whose counters are shown */
  public HealthPages(NodeStatusSource source, KvStateMachine store, List<Port> ports) {
    this.source = source;
    this.store = store;
    this.ports = ports;
  }

  /** An answer for a load balancer and a word for people. */
  record Health(boolean healthy, String text) {}

  /** Live: not stopped. A supervisor restarts what is not live. */
  Health live() {
    NodeStatus status = source.status();
    return new Health(status.state() != NodeStatus.State.STOPPED, text(status));
  }

  /** Ready: serves reads and writes. */
  Health ready() {
    NodeStatus status = source.status();
    return new Health(status.state() == NodeStatus.State.SERVING, text(status));
  }

  private static String text(NodeStatus status) {
    return status.state() + (status.reason().isBlank() ? "" : ": " + status.reason());
  }

  String status() {
    NodeStatus status = source.status();
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
      out.writeNumberField("slots", status.slots());
      out.writeNumberField("batches", status.batches());
      out.writeNumberField("noop", status.noop());
      out.writeNumberField("forfeits", status.forfeits());
      out.writeNumberField("fast", status.fast());
      out.writeNumberField("pending", status.pending());
      out.writeNumberField("connected", status.connected());
      out.writeNumberField("entries", store.entries());
      out.writeNumberField("memoryBytes", store.memoryBytes());
      out.writeObjectFieldStart("ports");
      for (Port port : ports) {
        out.writeObjectFieldStart(port.name());
        for (PortStatistics.Event event : PortStatistics.Event.values()) {
          String name = event.name().toLowerCase(Locale.ROOT);
          out.writeNumberField(name, port.statistics().get(event));
        }
        out.writeEndObject();
      }
      out.writeEndObject();
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text + "\n";
  }
}
