package io.rabia.engine.protocol;

import io.rabia.core.RabiaException;
import io.rabia.core.RabiaException.ChangeRefused;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** What became of a change of the configuration, as the answer to its command. Pure functions. */
@Internal
public final class ChangeResult {

  private ChangeResult() {}

  static byte[] made(Configuration next) {
    return result(Sessions.OK, encode(next));
  }

  /** An answer that names this configuration. */
  public static byte[] encode(Configuration configuration) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      configuration.write(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException("memory", e);
    }
    return bytes.toByteArray();
  }

  private static byte[] result(byte kind, byte[] rest) {
    byte[] result = new byte[1 + rest.length];
    result[0] = kind;
    System.arraycopy(rest, 0, result, 1, rest.length);
    return result;
  }

  static byte[] refused(ChangeRefused why) {
    return result(Sessions.CHANGE_REFUSED, why.toText().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The configuration that the answer names.
   *
   * @param answer without its first byte
   */
  public static Configuration configuration(byte[] answer) {
    try {
      return Configuration.read(new DataInputStream(new ByteArrayInputStream(answer)));
    } catch (IOException e) {
      throw new RabiaException.Serialization("the answer names no configuration");
    }
  }
}
