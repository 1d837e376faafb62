package io.rabia.network;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * Which addresses a host name has now: asked before every attempt to connect, on a thread of its
 * own that may block.
 */
@FunctionalInterface
public interface HostLookup {

  /**
   * At least one address.
   *
   * @throws UnknownHostException when there is none; asked again at the next attempt
   */
  InetAddress[] addresses(String host) throws UnknownHostException;
}
