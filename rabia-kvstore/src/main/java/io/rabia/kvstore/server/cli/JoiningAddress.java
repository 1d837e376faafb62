package io.rabia.kvstore.server.cli;

import io.rabia.core.ClusterConfig;
import io.rabia.core.RabiaException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;

/**
 * Warns of an address of a member to come that is not where its server listens: the cluster would
 * notice only when a connection to it is made anew. No more than a warning, as the members may
 * reach it otherwise than the operator, or than it knows of itself.
 */
final class JoiningAddress {
  private static final int CONNECT_MILLIS = 1000;

  private JoiningAddress() {}

  /** Asks the server itself, if it is among those that answered, else whether anyone is there. */
  static void check(Operator operator, List<Operator.View> views, ClusterConfig.Member member) {
    for (Operator.View view : views) {
      if (view.status().text("id").equals(member.id().toString())) {
        compare(operator, view.server(), member);
        return;
      }
    }
    if (!isListenedOn(member)) {
      operator.warn(
          "nobody listens on " + member.host() + ":" + member.port() + ", seen from here");
    }
  }

  private static void compare(Operator operator, int server, ClusterConfig.Member member) {
    try {
      String own = operator.ask(server, "address").text("member");
      if (!own.equals(member.toString())) {
        operator.warn("the server says that it is " + own + ", not " + member);
      }
    } catch (RabiaException.Validation formerVersion) {
      // it does not know the question
    }
  }

  private static boolean isListenedOn(ClusterConfig.Member member) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(member.host(), member.port()), CONNECT_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
