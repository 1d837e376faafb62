package io.rabia.kvstore;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Free ports that the system does not hand out by itself: one is still free when a server that
 * ended wants it again, and whoever dials it meanwhile is not connected to itself. Any thread.
 */
public final class FreePorts {
  private static final Set<Integer> GIVEN = new HashSet<>();
  private static final SplittableRandom RANDOM = new SplittableRandom();

  private FreePorts() {}

  public static int next() {
    return next(1);
  }

  /** The first of so many, one after the other. */
  public static synchronized int next(int count) {
    while (true) {
      int first = RANDOM.nextInt(12_000, 32_000 - count);
      List<Integer> ports = IntStream.range(first, first + count).boxed().toList();
      if (Collections.disjoint(GIVEN, ports) && ports.stream().allMatch(FreePorts::isFree)) {
        GIVEN.addAll(ports);
        return first;
      }
    }
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException taken) {
      return false;
    }
  }
}
