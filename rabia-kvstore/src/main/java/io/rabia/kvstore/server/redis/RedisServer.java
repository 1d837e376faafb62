package io.rabia.kvstore.server.redis;

import io.rabia.core.Submitter;
import io.rabia.kvstore.KVStoreConfig;
import io.rabia.network.server.Completions;

/** What the connections of a Redis port share. */
public record RedisServer(
    String version,
    int nodeId,
    Submitter submitter,
    KVStoreConfig store,
    Completions completions,
    RedisNotifications notifications,
    RedisScans scans) {

  public RedisServer(
      String version,
      int nodeId,
      Submitter submitter,
      KVStoreConfig store,
      Completions completions,
      RedisNotifications notifications) {
    this(version, nodeId, submitter, store, completions, notifications, new RedisScans());
  }
}
