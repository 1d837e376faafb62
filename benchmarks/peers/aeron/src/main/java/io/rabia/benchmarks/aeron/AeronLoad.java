package io.rabia.benchmarks.aeron;

import io.rabia.benchmarks.cluster.LoadMain;

/** The process that makes the load, as {@link LoadMain}. */
public final class AeronLoad {
  private AeronLoad() {}

  /** {@code ADDRESS,... CONNECTIONS}, of the members' ingress. */
  public static void main(String[] arguments) throws InterruptedException {
    LoadMain.run(new AeronTarget(arguments[0], Integer.parseInt(arguments[1])));
  }
}
