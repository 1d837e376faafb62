package io.rabia.kvstore;

import io.rabia.core.RabiaException;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.core.statemachine.StateView;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The replicated store: bytes under bytes, each with a version and log times. One thread, the
 * engine's, except for {@link #entries} and {@link #memoryBytes}, which any thread may read.
 * Refusals are results ({@link KvResult.Failed}), never exceptions.
 */
public final class KvStateMachine implements StateMachine {

  /** What an entry counts beside its key and its value, in bytes; about what it really takes. */
  public static final int ENTRY_OVERHEAD = 128;

  private final boolean compress;
  private final StoreState state;
  private final QueryExecutor queries;
  private final CommandExecutor commands;
  private final long limitsHash;
  private final Pair pair = Pair.withRoom();

  public KvStateMachine(KVStoreConfig config) {
    compress = config.compressSnapshots();
    StoreLimits limits = new StoreLimits(config);
    limitsHash = limits.hash();
    state = new StoreState(config);
    queries = new QueryExecutor(state, limits);
    commands = new CommandExecutor(state, limits, queries);
  }

  /** How many keys there are. */
  public int entries() {
    return state.entries();
  }

  /** Bytes of keys, values and {@link #ENTRY_OVERHEAD}. */
  public long memoryBytes() {
    return state.memory();
  }

  @Override
  public byte[] apply(long slot, long logTime, ByteBuffer command) {
    state.advance(slot, logTime);
    @Nullable KvCommand decoded;
    try {
      decoded = CommandCodec.decode(command, pair);
    } catch (RabiaException.Serialization e) {
      return malformed(e);
    }
    return decoded == null ? commands.set(pair) : KvCodec.encode(commands.execute(decoded));
  }

  @Override
  public void prepare(ByteBuffer command) {
    int length = CommandCodec.keyLength(command);
    if (length >= 0) {
      state.prepare(command, command.position() + CommandCodec.KEY_AT, length);
    }
  }

  private static byte[] malformed(RabiaException.Serialization e) {
    return KvCodec.encode(StoreLimits.failed(StoreError.MALFORMED, String.valueOf(e.getMessage())));
  }

  @Override
  public byte[] query(ByteBuffer query) {
    KvQuery decoded;
    try {
      decoded = KvCodec.decodeQuery(query);
    } catch (RabiaException.Serialization e) {
      return malformed(e);
    }
    return KvCodec.encode(queries.execute(decoded));
  }

  /** Hands out every key with what is under it, in the order of the keys' bytes. */
  public <E extends Exception> void forEach(Visitor<E> visitor) throws E {
    List<byte[]> keys = new ArrayList<>(state.entries());
    state.index().forEach(new byte[0], null, keys::add);
    for (byte[] key : keys) {
      @Nullable Entry entry = state.find(key);
      if (entry != null) {
        visitor.visit(key, entry.toKvEntry(), queries.left(entry));
      }
    }
  }

  /** Takes keys and what is under them. */
  @FunctionalInterface
  public interface Visitor<E extends Exception> {
    /**
     * @param timeToLive nanoseconds of log time that are left to it after the last command, or
     *     {@link KvCommand.Put#FOREVER}
     */
    void visit(byte[] key, KvEntry entry, long timeToLive) throws E;
  }

  /**
   * Of sums over entries and changes, so that no order matters and no write needs more than its
   * own.
   */
  @Override
  public long stateHash() {
    return state.hash() ^ limitsHash;
  }

  @Override
  public void snapshot(OutputStream target) throws IOException {
    freeze().writeTo(target);
  }

  /**
   * Shares the pages of entries and the table, which stay as they are until all of it is written;
   * what changes until then is copied.
   */
  @Override
  public StateView freeze() {
    return new StoreSnapshot(state, compress)::write;
  }

  /** The state is unchanged when this throws. */
  @Override
  public void restore(InputStream source) throws IOException {
    state.become(StoreSnapshot.read(source, state));
  }
}
