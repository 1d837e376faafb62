package io.rabia.kvstore;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Free ports that the system does not hand out by itself: one is still free when a server that
 * ended wants it again, and whoever dials it meanwhile is not connected to itself. Any thread.
 */
public final class FreePorts {
  private static final Set<Integer> GIVEN = new HashSet<>();
  private static final SplittableRandom RANDOM = new SplittableRandom();

  private FreePorts() {}

  public static synchronized int next() {
    while (true) {
      int port = RANDOM.nextInt(12_000, 32_000);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        if (GIVEN.add(port)) {
          return socket.getLocalPort();
        }
      } catch (IOException taken) {
        // another one
      }
    }
  }
}
