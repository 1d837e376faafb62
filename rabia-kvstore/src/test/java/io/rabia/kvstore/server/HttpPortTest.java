package io.rabia.kvstore.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.FakeCluster;
import io.rabia.kvstore.RawClient;
import io.rabia.kvstore.TestServer;
import io.rabia.kvstore.client.KvClient;
import io.rabia.network.server.NodeStatus;
import io.rabia.network.server.PortStatistics.Event;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class HttpPortTest {
  private final FakeCluster cluster = new FakeCluster();
  private final TestServer server = TestServer.start(cluster, 1);
  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void stop() {
    server.close();
    cluster.close();
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + server.port("http") + path);
    HttpRequest request = HttpRequest.newBuilder(uri).build();
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void isReadyOnlyWhileServingAndLiveUntilStopped() throws IOException, InterruptedException {
    assertThat(get("/health/ready").statusCode()).isEqualTo(200);
    server.node().state(NodeStatus.State.CATCHING_UP);
    assertThat(get("/health/ready").statusCode()).isEqualTo(503);
    assertThat(get("/health/ready").body()).isEqualTo("CATCHING_UP: for a test\n");
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
    server.node().state(NodeStatus.State.STOPPED);
    assertThat(get("/health/live").statusCode()).isEqualTo(503);
  }

  @Test
  void showsItsStatusWithStoreAndPorts() throws IOException, InterruptedException {
    HttpResponse<String> status;
    try (KvClient kv = KvClient.connect(server.client())) {
      kv.set("a", "1");
      status = get("/status");
    }
    assertThat(status.headers().firstValue("content-type")).contains("application/json");
    assertThat(status.body())
        .contains("\"id\":1", "\"state\":\"SERVING\"", "\"hash\":\"0000000000000abc\"")
        .contains("\"entries\":1", "\"client\":{\"accepted\":1,\"refused\":0", "\"requests\":2");
  }

  @Test
  void answersHeadAndRefusesOtherMethodsAndPaths() throws IOException, InterruptedException {
    assertThat(get("/nothing").statusCode()).isEqualTo(404);
    try (RawClient client = new RawClient(server.port("http"))) {
      client.send("HEAD /health/live HTTP/1.1\r\nHost: x\r\n\r\nDELETE /status HTTP/1.0\r\n\r\n");
      assertThat(client.readUntilClosed())
          .startsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain")
          .contains("Content-Length: 8\r\n\r\nHTTP/1.1 405 Method Not Allowed")
          .contains("Connection: close");
    }
  }

  @Test
  void closesOnGarbageOversizeAndBodies() throws IOException {
    String[] bad = {
      "\0\0\0\1",
      "GET\r\n\r\n",
      "GET /" + "x".repeat(9000),
      "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
      "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    };
    for (String text : bad) {
      try (RawClient client = new RawClient(server.port("http")).send(text)) {
        assertThat(client.readUntilClosed()).startsWith("HTTP/1.1 400 Bad Request");
      }
    }
    assertThat(server.count("http", Event.MALFORMED)).isEqualTo(bad.length);
  }
}
