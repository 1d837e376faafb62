package io.rabia.kvstore.server;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.engine.NewCluster;
import io.rabia.kvstore.KvStateMachine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/** A server that does not run: makes a new cluster of a backup, or of what it has. One thread. */
public final class OfflineNode {

  /** What only a server that runs needs. */
  private static final Map<String, String> UNUSED =
      Map.of("initial", "existing", "client", "127.0.0.1:0");

  private final ServerConfig config;
  private final NewCluster cluster;

  /**
   * @param settings what is in force, with these in place of flags that were not given
   * @throws RabiaException.Validation as for a server
   */
  public OfflineNode(Function<Map<String, String>, Settings> settings) {
    Settings given = settings.apply(Map.of());
    Map<String, String> missing = new HashMap<>(UNUSED);
    missing.keySet().removeIf(name -> given.get(name).isPresent());
    config = ServerConfig.of(settings.apply(missing));
    if (config.durability() == Durability.MEMORY) {
      throw new RabiaException.Validation(
          "with durability memory there is nothing to recover from");
    }
    cluster = new NewCluster(config.nodeId(), config.cluster(), new KvStateMachine(config.store()));
  }

  public NewCluster cluster() {
    return cluster;
  }

  /** The directory of its settings. */
  public Path data() {
    Path data = config.data();
    if (data == null) {
      throw new RabiaException.Validation("data is not set");
    }
    return data;
  }

  /** Takes what is in {@link #data}. */
  public NewCluster.Left take() {
    if (isEmpty(data())) {
      throw new RabiaException.Storage("the data directory " + data() + " is empty", null);
    }
    return cluster.take(log(data()));
  }

  /** Makes the new cluster's first member in an empty directory. */
  public NewCluster.Founded found(Path directory) {
    if (!isEmpty(directory)) {
      throw new RabiaException.Storage("the directory " + directory + " is not empty", null);
    }
    return cluster.found(log(directory));
  }

  private static boolean isEmpty(Path directory) {
    if (Files.notExists(directory)) {
      return true;
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    } catch (IOException e) {
      throw new RabiaException.Storage("the directory " + directory + " cannot be read: " + e, e);
    }
  }

  private Persistence log(Path directory) {
    return EngineNode.persistence(config, directory);
  }

  /** {@code word cluster=... slot=... data=... id=... members=...}. */
  public String line(String word, NewCluster.Founded founded) {
    return String.format(
        Locale.ROOT,
        "%s cluster=%s slot=%d data=%016x members=%s",
        word,
        founded.id(),
        founded.slot(),
        founded.data(),
        config.cluster().member(config.nodeId()).orElseThrow());
  }
}
