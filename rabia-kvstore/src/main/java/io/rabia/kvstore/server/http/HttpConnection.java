package io.rabia.kvstore.server.http;

import io.netty.buffer.ByteBuf;
import io.rabia.core.RabiaException;
import io.rabia.kvstore.server.Port;
import io.rabia.kvstore.server.PortConnection;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A connection of the HTTP port: GET and HEAD, one after the other, without bodies. */
public final class HttpConnection extends PortConnection {
  private static final int MAX_HEAD = 8192;
  private static final String JSON = "application/json";
  private static final String TEXT = "text/plain; charset=utf-8";

  private final HealthPages pages;

  public HttpConnection(Port port, HealthPages pages) {
    super(port);
    this.pages = pages;
  }

  @Override
  protected void writeRefusal(ByteBuf target, RabiaException reason) {
    boolean overload = reason instanceof RabiaException.Overload;
    String status = overload ? "503 Service Unavailable" : "400 Bad Request";
    write(target, status, TEXT, reason.getMessage() + "\n", true, true);
  }

  @Override
  protected void consume(ByteBuf bytes) {
    while (!ending()) {
      int end = endOfHead(bytes);
      if (end < 0) {
        return;
      }
      String head =
          bytes.readCharSequence(end - bytes.readerIndex(), StandardCharsets.ISO_8859_1).toString();
      bytes.skipBytes(4);
      answer(head);
    }
  }

  /** Index of the empty line; -1 when it has not arrived. */
  private static int endOfHead(ByteBuf bytes) {
    int limit = Math.min(bytes.writerIndex(), bytes.readerIndex() + MAX_HEAD);
    for (int i = bytes.readerIndex(); i + 3 < limit; i++) {
      if (bytes.getByte(i) == '\r'
          && bytes.getByte(i + 1) == '\n'
          && bytes.getByte(i + 2) == '\r'
          && bytes.getByte(i + 3) == '\n') {
        return i;
      }
    }
    if (bytes.readableBytes() >= MAX_HEAD) {
      throw new RabiaException.Serialization("head of over " + MAX_HEAD + " bytes");
    }
    int first = bytes.isReadable() ? bytes.getByte(bytes.readerIndex()) : 'G';
    if (first < 'A' || first > 'Z') {
      throw new RabiaException.Serialization("not HTTP");
    }
    return -1;
  }

  private void answer(String head) {
    String[] lines = head.split("\r\n", -1);
    String[] request = lines[0].split(" ", -1);
    if (request.length != 3 || !request[2].startsWith("HTTP/1.")) {
      throw new RabiaException.Serialization("not HTTP");
    }
    boolean close = request[2].equals("HTTP/1.0");
    for (int i = 1; i < lines.length; i++) {
      String header = lines[i].toLowerCase(Locale.ROOT).replace(" ", "");
      close |= header.equals("connection:close");
      if (header.startsWith("transfer-encoding:")
          || (header.startsWith("content-length:") && !header.equals("content-length:0"))) {
        throw new RabiaException.Serialization("requests have no body here");
      }
    }
    boolean withBody = request[0].equals("GET");
    if (!withBody && !request[0].equals("HEAD")) {
      write(out(), "405 Method Not Allowed", TEXT, "GET and HEAD only\n", true, close);
    } else {
      answer(request[1].split("\\?", 2)[0], withBody, close);
    }
    if (close) {
      closeAfterFlush();
    }
  }

  private void answer(String path, boolean withBody, boolean close) {
    switch (path) {
      case "/health/live" -> health(pages.live(), withBody, close);
      case "/health/ready" -> health(pages.ready(), withBody, close);
      case "/status" -> write(out(), "200 OK", JSON, pages.status(), withBody, close);
      default ->
          write(
              out(),
              "404 Not Found",
              TEXT,
              "served are /health/live /health/ready /status\n",
              withBody,
              close);
    }
  }

  private void health(HealthPages.Health health, boolean withBody, boolean close) {
    String status = health.healthy() ? "200 OK" : "503 Service Unavailable";
    write(out(), status, TEXT, health.text() + "\n", withBody, close);
  }

  private static void write(
      ByteBuf out, String status, String type, String body, boolean withBody, boolean close) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    String head =
        "HTTP/1.1 "
            + status
            + "\r\nContent-Type: "
            + type
            + "\r\nContent-Length: "
            + bytes.length
            + (close ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n");
    out.writeCharSequence(head, StandardCharsets.ISO_8859_1);
    if (withBody) {
      out.writeBytes(bytes);
    }
  }
}
