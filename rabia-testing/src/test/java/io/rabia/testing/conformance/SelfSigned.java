package io.rabia.testing.conformance;

import io.rabia.network.TlsConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;

/** One certificate for all members of a loopback cluster, who trust nothing else. */
final class SelfSigned {
  private static final char[] PASSWORD = "changeit".toCharArray();
  private static final String GENERATE =
      "-J-XX:TieredStopAtLevel=1 -genkeypair -alias member -dname CN=member -keyalg EC"
          + " -groupname secp256r1 -validity 30 -ext bc:c -ext san=ip:127.0.0.1"
          + " -keystore store.p12 -storetype PKCS12 -storepass changeit";

  private SelfSigned() {}

  static TlsConfig in(Path directory)
      throws IOException, GeneralSecurityException, InterruptedException {
    Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
    Process process =
        new ProcessBuilder((keytool + " " + GENERATE).split(" "))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(output);
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(directory.resolve("store.p12"))) {
      store.load(in, PASSWORD);
    }
    Path certificate = pem(directory, "CERTIFICATE", store.getCertificate("member").getEncoded());
    Path key = pem(directory, "PRIVATE KEY", store.getKey("member", PASSWORD).getEncoded());
    return TlsConfig.mutual(certificate, key, certificate);
  }

  private static Path pem(Path directory, String kind, byte[] der) throws IOException {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return Files.writeString(
        directory.resolve(kind + ".pem"),
        "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
  }
}
