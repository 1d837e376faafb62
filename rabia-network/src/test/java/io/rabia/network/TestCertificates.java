package io.rabia.network;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** Certificates as PEM files, made by the JDK's keytool in one store. */
final class TestCertificates {
  private static final String PASSWORD = "changeit";

  private final Path directory;

  TestCertificates(Path directory) {
    this.directory = directory;
  }

  /** A certificate that can sign others. @return its PEM file */
  Path authority(String name) throws IOException, GeneralSecurityException, InterruptedException {
    generate(name, "-ext", "bc:c");
    return certificateOf(name);
  }

  /**
   * A member's certificate and key.
   *
   * @param alternativeName such as {@code ip:127.0.0.1}
   */
  TlsConfig issue(String authority, String name, String alternativeName)
      throws IOException, GeneralSecurityException, InterruptedException {
    generate(name, "-signer", authority, "-ext", "san=" + alternativeName);
    byte[] key = load().getKey(name, PASSWORD.toCharArray()).getEncoded();
    return TlsConfig.mutual(
        certificateOf(name), writePem(name + ".key", "PRIVATE KEY", key), certificateOf(authority));
  }

  private void generate(String alias, String... more) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.add("-J-XX:TieredStopAtLevel=1");
    command.addAll(List.of("-genkeypair", "-alias", alias, "-dname", "CN=" + alias));
    command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1", "-validity", "30"));
    command.addAll(List.of("-keystore", store().toString(), "-storetype", "PKCS12"));
    command.addAll(List.of("-storepass", PASSWORD));
    command.addAll(Arrays.asList(more));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(command + ": " + output);
    }
  }

  private Path store() {
    return directory.resolve("store.p12");
  }

  private KeyStore load() throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store())) {
      keys.load(in, PASSWORD.toCharArray());
    }
    return keys;
  }

  private Path certificateOf(String alias) throws IOException, GeneralSecurityException {
    return writePem(alias + ".pem", "CERTIFICATE", load().getCertificate(alias).getEncoded());
  }

  private Path writePem(String file, String kind, byte[] der) throws IOException {
    Base64.Encoder base64 = Base64.getMimeEncoder(64, new byte[] {'\n'});
    String pem =
        "-----BEGIN "
            + kind
            + "-----\n"
            + base64.encodeToString(der)
            + "\n-----END "
            + kind
            + "-----\n";
    return Files.writeString(directory.resolve(file), pem);
  }
}
