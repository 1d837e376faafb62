package io.rabia.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.transport.Transport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is let in over TLS with certificates on both sides. */
@Tag("integration")
class TlsTransportTest {
  @TempDir static Path directory;
  private static TlsConfig good;
  private static TlsConfig elsewhere;
  private static TlsConfig stranger;

  private final ClusterConfig cluster = Loopback.cluster("127.0.0.1", 3);
  private final Polls polls = new Polls();

  @AfterEach
  void closeAll() {
    polls.closeAll();
  }

  @BeforeAll
  static void makeCertificates() throws Exception {
    TestCertificates certificates = new TestCertificates(directory);
    certificates.authority("trusted");
    certificates.authority("other");
    good = certificates.issue("trusted", "good", "ip:127.0.0.1");
    elsewhere = certificates.issue("trusted", "elsewhere", "dns:elsewhere.example");
    TlsConfig untrusted = certificates.issue("other", "untrusted", "ip:127.0.0.1");
    stranger =
        TlsConfig.mutual(
            untrusted.certificateChain(), untrusted.privateKey(), good.trustedCertificates());
  }

  private NettyTransport transport(int id, TlsConfig tls) {
    return NettyTransport.builder(NodeId.of(id), cluster).tls(tls).build();
  }

  private RecordingListener start(int id, Transport transport) {
    RecordingListener listener = new RecordingListener(id);
    transport.start(listener);
    polls.add(transport);
    return listener;
  }

  @Test
  void rejectsADialerWithoutATrustedCertificate() {
    Transport acceptor = transport(2, good);
    RecordingListener listener = start(2, acceptor);
    RecordingListener dialer = start(1, transport(1, stranger));
    polls.until("rejected", () -> acceptor.statistics().corrupted() >= 2);
    assertThat(listener.events).isEmpty();
    assertThat(dialer.events).isEmpty();
  }

  @Test
  void rejectsAnAcceptorWithoutATrustedCertificate() {
    Transport dialing = transport(1, good);
    RecordingListener dialer = start(1, dialing);
    start(2, transport(2, stranger));
    polls.until("rejected", () -> dialing.statistics().corrupted() >= 2);
    assertThat(dialer.events).isEmpty();
  }

  @Test
  void rejectsACertificateForAnotherHostUnlessToldOtherwise() {
    Transport careful = transport(1, good);
    RecordingListener listener = start(1, careful);
    start(2, transport(2, elsewhere));
    polls.until("rejected", () -> careful.statistics().corrupted() >= 1);
    assertThat(listener.events).isEmpty();
    polls.close(careful);
    TlsConfig lenient =
        new TlsConfig(
            good.certificateChain(), good.privateKey(), good.trustedCertificates(), true, false);
    RecordingListener again = start(1, transport(1, lenient));
    polls.until("connected", () -> again.connectedTo(2));
  }

  @Test
  void closesPlainTextAtOnce() {
    NettyTransport acceptor = transport(2, good);
    start(2, acceptor);
    try (RawClient client = new RawClient(acceptor.localAddress())) {
      client.send(HandshakeCodec.preface(), RawClient.hello(1));
      long start = System.nanoTime();
      polls.until("closed", client::closed);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
      assertThat(acceptor.statistics().corrupted()).isEqualTo(1);
    }
  }

  @Test
  void namesAFileThatIsMissingOrNoCertificate() throws IOException {
    Path missing = directory.resolve("missing.pem");
    assertThatThrownBy(
            () -> transport(1, TlsConfig.mutual(missing, missing, good.trustedCertificates())))
        .isInstanceOf(RabiaException.Validation.class)
        .hasMessageContaining("missing.pem");
    Path nonsense = directory.resolve("nonsense.pem");
    Files.writeString(nonsense, "nonsense", StandardCharsets.UTF_8);
    assertThatThrownBy(
            () -> transport(1, TlsConfig.mutual(nonsense, nonsense, good.trustedCertificates())))
        .isInstanceOf(RabiaException.Validation.class)
        .hasMessageContaining("nonsense.pem");
  }
}
