package io.rabia.network.client;

import io.rabia.core.RabiaException;
import java.util.ArrayList;
import java.util.List;

/**
 * An address as people write it: {@code host:port} or {@code [v6]:port}. Not resolved. Immutable.
 */
public record HostPort(String host, int port) {

  /**
   * @throws RabiaException.Validation when the text is no address
   */
  public static HostPort parse(String text) {
    String trimmed = text.trim();
    int colon = trimmed.lastIndexOf(':');
    try {
      int port = Integer.parseInt(trimmed.substring(colon + 1));
      String host = colon < 1 ? "" : trimmed.substring(0, colon);
      if (host.startsWith("[") && host.endsWith("]")) {
        host = host.substring(1, host.length() - 1);
      }
      if (!host.isBlank() && port >= 0 && port <= 65535) {
        return new HostPort(host, port);
      }
    } catch (NumberFormatException e) {
      // refused below
    }
    throw new RabiaException.Validation("not host:port: '" + trimmed + "'");
  }

  /** Several, with commas between. */
  public static List<HostPort> list(String text) {
    List<HostPort> list = new ArrayList<>();
    for (String item : text.split(",", -1)) {
      list.add(parse(item));
    }
    return List.copyOf(list);
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
