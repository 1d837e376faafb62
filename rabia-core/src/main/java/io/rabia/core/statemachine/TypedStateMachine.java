package io.rabia.core.statemachine;

import io.rabia.core.RabiaException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * A {@link StateMachine} in the user's own types: a subclass says what commands do, the codecs turn
 * everything into bytes. The rules of {@link StateMachine} hold: called by one thread,
 * deterministic. A command that cannot be decoded fails alike at every replica and changes nothing.
 *
 * <pre>{@code
 * final class Counter extends TypedStateMachine<Long, Long, Long> {
 *   private long total;
 *   Counter() { super(Codec.int64(), Codec.int64(), Codec.int64()); }
 *   protected Long execute(long slot, long logTime, Long add) { return total += add; }
 *   protected Long answer(Long ignored) { return total; }
 *   protected Long state() { return total; }
 *   protected void state(Long restored) { total = restored; }
 * }
 * }</pre>
 *
 * @param <C> commands and queries
 * @param <R> responses
 * @param <S> the whole state
 */
public abstract class TypedStateMachine<C, R, S> implements StateMachine {
  private final Codec<C> commands;
  private final Codec<R> responses;
  private final Codec<S> states;

  protected TypedStateMachine(Codec<C> commands, Codec<R> responses, Codec<S> states) {
    this.commands = commands;
    this.responses = responses;
    this.states = states;
  }

  /** Executes a command; the arguments as in {@link StateMachine#apply}. */
  protected abstract R execute(long slot, long logTime, C command);

  /** Answers a query without changing the state. */
  protected abstract R answer(C query);

  /** The whole state. */
  protected abstract S state();

  /** Replaces the whole state. */
  protected abstract void state(S restored);

  @Override
  public final byte[] apply(long slot, long logTime, ByteBuffer command) {
    return responses.encode(execute(slot, logTime, commands.decode(command)));
  }

  @Override
  public final byte[] query(ByteBuffer query) {
    return responses.encode(answer(commands.decode(query)));
  }

  @Override
  public final void snapshot(OutputStream target) throws IOException {
    target.write(states.encode(state()));
  }

  @Override
  public final void restore(InputStream source) throws IOException {
    S restored;
    try {
      restored = states.decode(ByteBuffer.wrap(source.readAllBytes()));
    } catch (RabiaException.Serialization e) {
      throw new IOException("unreadable snapshot", e);
    }
    state(restored);
  }

  /**
   * A hash of the encoded state; large states should override it with one that they keep up to
   * date.
   */
  @Override
  public long stateHash() {
    return StateHashes.finish(StateHashes.add(StateHashes.SEED, states.encode(state())));
  }
}
