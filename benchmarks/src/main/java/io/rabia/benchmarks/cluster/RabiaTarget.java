package io.rabia.benchmarks.cluster;

import io.netty.channel.EventLoop;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.kvstore.KvCodec;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvQuery;
import io.rabia.kvstore.KvResult;
import io.rabia.network.client.ClientConfig;
import io.rabia.network.client.ClientCore;
import io.rabia.network.client.ClientSession;
import io.rabia.network.client.ResultHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Servers of rabia-kv over the client that it ships, one connection to each of the first ones. */
final class RabiaTarget implements Target {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final ClientCore core;
  private final EventLoop loop;
  private final int connections;
  private final List<ClientSession> sessions = new ArrayList<>();

  RabiaTarget(String addresses, int connections) {
    List<String> servers = List.of(addresses.split(",", -1)).subList(0, connections);
    core =
        ClientCore.connect(
            String.join(",", servers),
            ClientConfig.defaults().withRequestTimeout(TIMEOUT).withFindsMembers(false));
    loop = core.eventLoop();
    this.connections = connections;
  }

  @Override
  public void execute(Runnable task) {
    loop.execute(task);
  }

  @Override
  public void write(int client, byte[] key, byte[] value, Outcome outcome) {
    while (sessions.size() <= client) {
      sessions.add(core.newSession());
    }
    byte[] command = KvCodec.encode(new KvCommand.Set(key, value));
    core.submit(sessions.get(client), command, home(client), TIMEOUT, new Written(outcome));
  }

  @Override
  public void read(int client, byte[] key, Outcome outcome) {
    byte[] query = KvCodec.encode(new KvQuery.Get(key));
    core.read(query, ReadConsistency.LINEARIZABLE, home(client), TIMEOUT, new Found(outcome));
  }

  @Override
  public int home(int client) {
    return client % connections;
  }

  @Override
  public int homes() {
    return connections;
  }

  @Override
  public long resent() {
    return UNCOUNTED;
  }

  @Override
  public int leader() {
    return -1;
  }

  private record Written(Outcome outcome) implements ResultHandler {
    private static final int STORED = KvCodec.encode(new KvResult.Stored(0))[0];

    @Override
    public void onResult(byte @Nullable [] result, @Nullable RabiaException failure) {
      if (result != null && result[0] == STORED) {
        outcome.succeeded(result);
      } else {
        outcome.failed(failure == null ? "the store refused" : failure.toString());
      }
    }
  }

  private record Found(Outcome outcome) implements ResultHandler {
    @Override
    public void onResult(byte @Nullable [] result, @Nullable RabiaException failure) {
      if (result == null) {
        outcome.failed(String.valueOf(failure));
      } else if (KvCodec.decodeResult(result) instanceof KvResult.Found found) {
        outcome.succeeded(found.entry().value());
      } else {
        outcome.failed("nothing under the key");
      }
    }
  }
}
