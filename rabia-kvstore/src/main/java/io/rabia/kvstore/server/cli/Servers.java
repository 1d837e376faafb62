package io.rabia.kvstore.server.cli;

import io.rabia.network.client.ClientConfig;
import java.time.Duration;
import picocli.CommandLine.Option;

/** The options of everything that talks to servers. */
final class Servers {
  @Option(
      names = "--servers",
      required = true,
      paramLabel = "HOST:PORT,...",
      description = "client ports of the servers")
  String list = "";

  @Option(
      names = "--timeout",
      defaultValue = "5",
      paramLabel = "SECONDS",
      description = "until a request is given up (default ${DEFAULT-VALUE})")
  double timeoutSeconds;

  ClientConfig clientConfig() {
    return ClientConfig.defaults().withRequestTimeout(timeout());
  }

  Duration timeout() {
    return Duration.ofNanos((long) (timeoutSeconds * 1e9));
  }
}
