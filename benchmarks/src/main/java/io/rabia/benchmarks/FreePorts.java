package io.rabia.benchmarks;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Ports of loopback that nobody listens on, below those that the system hands out by itself: no
 * outgoing connection takes one before it is used. Any thread.
 */
public final class FreePorts {
  static final int FIRST = 12_000;
  static final int END = 32_000;

  private static final Set<Integer> GIVEN = new HashSet<>();
  private static final SplittableRandom RANDOM = new SplittableRandom();

  private FreePorts() {}

  /** So many, each for TCP and UDP, none that was given before. */
  public static synchronized int[] take(int count) {
    int[] ports = new int[count];
    for (int i = 0; i < count; i++) {
      int port = RANDOM.nextInt(FIRST, END);
      while (!isFree(port) || !GIVEN.add(port)) {
        port = RANDOM.nextInt(FIRST, END);
      }
      ports[i] = port;
    }
    return ports;
  }

  private static boolean isFree(int port) {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket tcp = new ServerSocket(port, 1, loopback);
        DatagramSocket udp = new DatagramSocket(new InetSocketAddress(loopback, port))) {
      return tcp.isBound() && udp.isBound();
    } catch (IOException taken) {
      return false;
    }
  }
}
