package io.rabia.network;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.rabia.core.RabiaException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLException;

/**
 * The PEM files for TLS between members, with the JDK's implementation. Immutable and thread-safe;
 * the files are read when the transport is built.
 *
 * @param certificateChain the member's certificate, then its issuers
 * @param privateKey its key, PKCS#8, not encrypted
 * @param trustedCertificates the authorities whose certificates peers must have
 * @param requireClientCertificate whether a peer that dials must show one as well; without it
 *     anyone who reaches the port can speak as a member
 * @param verifyHostNames whether the certificate of a dialed peer must name the host of its address
 */
public record TlsConfig(
    Path certificateChain,
    Path privateKey,
    Path trustedCertificates,
    boolean requireClientCertificate,
    boolean verifyHostNames) {

  /** Certificates required of both sides, host names verified. */
  public static TlsConfig mutual(Path certificateChain, Path privateKey, Path trustedCertificates) {
    return new TlsConfig(certificateChain, privateKey, trustedCertificates, true, true);
  }

  /** What makes the handlers of the connections; made once per transport. */
  static final class Contexts {
    private final SslContext acceptor;
    private final SslContext dialer;

    private Contexts(SslContext acceptor, SslContext dialer) {
      this.acceptor = acceptor;
      this.dialer = dialer;
    }

    SslHandler forAccepted(ByteBufAllocator allocator) {
      return acceptor.newHandler(allocator);
    }

    SslHandler forDialed(ByteBufAllocator allocator, String host, int port) {
      return dialer.newHandler(allocator, host, port);
    }
  }

  /**
   * @throws RabiaException.Validation when a file cannot be read or does not hold what it should
   */
  Contexts load() {
    for (Path file : new Path[] {certificateChain, privateKey, trustedCertificates}) {
      if (!Files.isReadable(file)) {
        throw new RabiaException.Validation("cannot read the TLS file " + file);
      }
    }
    try {
      SslContext acceptor =
          SslContextBuilder.forServer(certificateChain.toFile(), privateKey.toFile())
              .sslProvider(SslProvider.JDK)
              .trustManager(trustedCertificates.toFile())
              .clientAuth(requireClientCertificate ? ClientAuth.REQUIRE : ClientAuth.OPTIONAL)
              .build();
      SslContext dialer =
          SslContextBuilder.forClient()
              .sslProvider(SslProvider.JDK)
              .keyManager(certificateChain.toFile(), privateKey.toFile())
              .trustManager(trustedCertificates.toFile())
              .endpointIdentificationAlgorithm(verifyHostNames ? "HTTPS" : null)
              .build();
      return new Contexts(acceptor, dialer);
    } catch (SSLException | IllegalArgumentException e) {
      throw new RabiaException.Validation(
          "TLS files "
              + certificateChain
              + ", "
              + privateKey
              + ", "
              + trustedCertificates
              + ": "
              + e);
    }
  }
}
