package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.port.EndOfInput;
import io.rabia.kvstore.server.cli.RabiaKv;

/** {@code rabia-kv} as it is, which ends with the process that started it. */
public final class RabiaNode {
  private RabiaNode() {}

  public static void main(String[] arguments) {
    EndOfInput.endsProcess();
    RabiaKv.main(arguments);
  }
}
