package io.rabia.kvstore.server;

import io.rabia.core.ClusterConfig;
import io.rabia.core.RabiaException;
import io.rabia.engine.ClusterView;
import io.rabia.engine.EngineStatus;
import io.rabia.engine.OpenBackup;
import io.rabia.engine.RabiaEngine;
import io.rabia.network.server.Administration;
import io.rabia.network.wire.ErrorCode;
import io.rabia.network.wire.Fields;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The requests of operators, put to an engine. Thread-safe.
 *
 * <pre>
 * members                                    the newest configuration
 * address                                    this member, and where it listens for the others
 * change epoch=N alpha=N members=1=h:p,...   the whole next one, made from that of this epoch
 * snapshot                                   one of now, kept beside the log
 * backup                                     the same, opened to be read: its number, and its head in base 64
 * read backup=N from=N                       content of that one: bytes, not a line
 * </pre>
 */
final class EngineAdministration implements Administration, AutoCloseable {
  private final RabiaEngine engine;
  private final ClusterConfig.Member own;
  private final OpenBackups backups;

  EngineAdministration(RabiaEngine engine, ClusterConfig.Member own) {
    this.engine = engine;
    this.own = own;
    backups = new OpenBackups(engine.id().value());
  }

  @Override
  public CompletableFuture<byte[]> execute(String line, Duration timeout) {
    Fields asked = Fields.parse(line);
    return switch (asked.word()) {
      case "members" -> members(timeout);
      case "address" -> CompletableFuture.completedFuture(bytes("address member=" + own));
      case "change" -> change(asked, timeout);
      case "snapshot" ->
          engine.snapshot(timeout).thenApply(taken -> bytes(BackupText.line("snapshot", taken)));
      case "backup" -> engine.backup(timeout).thenCompose(this::open);
      case "read" -> backups.read(asked.number("backup"), asked.number("from"), MAX_ANSWER);
      default ->
          throw new RabiaException.Validation("this server does not know '" + asked.word() + "'");
    };
  }

  private CompletableFuture<byte[]> members(Duration timeout) {
    return engine
        .view(timeout)
        .thenCombine(
            engine.status(), (view, status) -> line(view, status.applied() >= view.firstSlot()));
  }

  /** Answered when the new configuration governs, or this node cannot tell when it does. */
  private CompletableFuture<byte[]> change(Fields asked, Duration timeout) {
    ClusterView next =
        new ClusterView(
            asked.number("epoch"),
            0,
            (int) asked.number("alpha"),
            ClusterConfig.parse(asked.text("members")).members());
    return engine.changeMembership(next, timeout).thenCompose(view -> governing(view, timeout));
  }

  private CompletableFuture<byte[]> governing(ClusterView view, Duration timeout) {
    return engine
        .statusAt(view.firstSlot(), timeout)
        .handle((status, failure) -> line(view, isReached(status, failure)));
  }

  /** A slot that has passed was reached, too. */
  private static boolean isReached(@Nullable EngineStatus status, @Nullable Throwable failure) {
    return status != null
        || failure != null && ErrorCode.unwrap(failure) instanceof RabiaException.Validation;
  }

  private CompletableFuture<byte[]> open(OpenBackup opened) {
    String head = Base64.getEncoder().encodeToString(opened.backup().head());
    return backups.add(opened).thenApply(id -> bytes("backup backup=" + id + " head=" + head));
  }

  private static byte[] bytes(String line) {
    return line.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    backups.close();
  }

  private static byte[] line(ClusterView view, boolean governs) {
    return bytes(
        "members epoch="
            + view.epoch()
            + " from="
            + view.firstSlot()
            + " governs="
            + governs
            + " alpha="
            + view.alpha()
            + " members="
            + text(view.members()));
  }

  private static String text(List<ClusterConfig.Member> members) {
    return members.stream().map(ClusterConfig.Member::toString).collect(Collectors.joining(","));
  }
}
