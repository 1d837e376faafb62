package io.rabia.kvstore.server.http;

import io.netty.buffer.ByteBuf;
import io.rabia.core.RabiaException;
import io.rabia.network.server.Completions;
import io.rabia.network.server.Port;
import io.rabia.network.server.PortConnection;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A connection of the HTTP port: GET and HEAD, one after the other, without bodies. */
public final class HttpConnection extends PortConnection implements Completions.Receiver {
  private static final int MAX_HEAD = 8192;
  private static final long CLOSE = 1;

  private final HealthPages pages;
  private final Completions completions;
  private boolean busy;

  public HttpConnection(Port port, HealthPages pages, Completions completions) {
    super(port);
    this.pages = pages;
    this.completions = completions;
  }

  @Override
  protected void writeRefusal(ByteBuf target, RabiaException reason) {
    target.writeBytes(response(HealthPages.refusal(reason), true, true));
  }

  @Override
  protected boolean busy() {
    return busy;
  }

  @Override
  protected boolean answersOwed() {
    return busy;
  }

  @Override
  protected void consume(ByteBuf bytes) {
    while (!busy && !ending()) {
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
    boolean lastOne = request[2].equals("HTTP/1.0");
    for (int i = 1; i < lines.length; i++) {
      String header = lines[i].toLowerCase(Locale.ROOT).replace(" ", "");
      lastOne |= header.equals("connection:close");
      if (header.startsWith("transfer-encoding:")
          || (header.startsWith("content-length:") && !header.equals("content-length:0"))) {
        throw new RabiaException.Serialization("requests have no body here");
      }
    }
    boolean close = lastOne;
    boolean withBody = request[0].equals("GET");
    String path = request[1].split("\\?", 2)[0];
    CompletableFuture<HealthPages.Page> page =
        withBody || request[0].equals("HEAD")
            ? pages.page(path)
            : CompletableFuture.completedFuture(HealthPages.methodNotAllowed());
    busy = true;
    page.thenApply(p -> response(p, withBody, close))
        .whenComplete(completions.waiting(this, close ? CLOSE : 0, 0));
  }

  private static byte[] response(HealthPages.Page page, boolean withBody, boolean close) {
    byte[] body = page.body().getBytes(StandardCharsets.UTF_8);
    String head =
        "HTTP/1.1 "
            + page.status()
            + "\r\nContent-Type: "
            + page.type()
            + "\r\nContent-Length: "
            + body.length
            + (close ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n");
    byte[] headBytes = head.getBytes(StandardCharsets.ISO_8859_1);
    byte[] response = Arrays.copyOf(headBytes, headBytes.length + (withBody ? body.length : 0));
    System.arraycopy(body, 0, response, headBytes.length, response.length - headBytes.length);
    return response;
  }

  @Override
  public void onResult(
      long tag, long bytes, byte @Nullable [] result, @Nullable Throwable failure) {
    busy = false;
    if (!connected() || ending()) {
      return;
    }
    if (result != null) {
      out().writeBytes(result);
    }
    if (tag == CLOSE || result == null) {
      closeAfterFlush();
    }
  }

  @Override
  public void onResultsComplete() {
    if (connected()) {
      process();
      flush();
    }
  }
}
