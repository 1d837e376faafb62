package io.rabia.core.statemachine;

import io.rabia.core.Command;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A {@link Submitter} in the user's own types, with the codecs of the {@link TypedStateMachine}
 * behind it: of an engine in this process or of a remote client. Thread-safe if the codecs are.
 *
 * @param <C> commands and queries
 * @param <R> responses
 */
public final class TypedSubmitter<C, R> {
  private final Submitter submitter;
  private final Codec<C> commands;
  private final Codec<R> responses;

  public TypedSubmitter(Submitter submitter, Codec<C> commands, Codec<R> responses) {
    this.submitter = submitter;
    this.commands = commands;
    this.responses = responses;
  }

  /**
   * As {@link Submitter#submit}; fails with {@link io.rabia.core.RabiaException.Serialization} when
   * the answer is no response, which means that it was executed.
   */
  public CompletableFuture<R> submit(C command, Duration timeout) {
    return decoded(submitter.submit(Command.of(commands.encode(command)), timeout));
  }

  /** As {@link Submitter#read}. */
  public CompletableFuture<R> read(C query, ReadConsistency consistency, Duration timeout) {
    return decoded(submitter.read(commands.encode(query), consistency, timeout));
  }

  private CompletableFuture<R> decoded(CompletableFuture<byte[]> answer) {
    return answer.thenApply(bytes -> responses.decode(ByteBuffer.wrap(bytes)));
  }
}
