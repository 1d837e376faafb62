package io.rabia.engine;

import io.rabia.core.RabiaException;
import io.rabia.core.Submitter;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.core.statemachine.StateView;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Several state machines that share one log, each under a name: a command or query names the part
 * that it is for, see {@link #part}. Called by one thread, as every {@link StateMachine}.
 *
 * <p>A command may be fenced ({@link #fenced}): it carries a token of another part, a {@link
 * Fence}, which is asked right before the command would be executed, in the same slot. A token is
 * thus valid or not at one place of the log, the same for all replicas, and no command with an
 * invalid one changes anything, whenever it was sent, delayed or sent again. The fence holds from
 * the moment on that the token becomes invalid, not only from the first command of the next holder;
 * and it holds for parts that know nothing of tokens.
 *
 * <p>What a part throws is answered as by a machine of its own, and so is a name that no part has.
 */
public final class CompositeStateMachine implements StateMachine {
  private static final int FORMAT = 1;
  private static final byte PLAIN = 0;
  private static final byte FENCED = 1;
  static final byte EXECUTED = 0;
  static final byte REFUSED = 1;
  private static final int MAX_NAME = 255;
  private static final long PRIME = 0x9E3779B97F4A7C15L;

  private final TreeMap<String, StateMachine> parts = new TreeMap<>();

  private CompositeStateMachine(Map<String, ? extends StateMachine> parts) {
    parts.keySet().forEach(CompositeStateMachine::name);
    this.parts.putAll(parts);
  }

  /**
   * @param parts the same names at every member, always: one that has another set of parts has
   *     another state ({@link #stateHash}) and is stopped for it, as any that differs; so a part is
   *     added while all are down
   * @throws RabiaException.Validation for a name that is empty or longer than 255 bytes
   */
  public static CompositeStateMachine of(Map<String, ? extends StateMachine> parts) {
    return new CompositeStateMachine(parts);
  }

  private static byte[] name(String part) {
    byte[] name = part.getBytes(StandardCharsets.UTF_8);
    if (name.length == 0 || name.length > MAX_NAME) {
      throw new RabiaException.Validation("name of " + name.length + " bytes for a part");
    }
    return name;
  }

  // ---- the caller's side

  /**
   * Access to one part through an engine, or a client of one, that runs a composite. What is over
   * such a submitter need not know of the others.
   */
  public static Submitter part(Submitter composite, String part) {
    return new PartSubmitter(composite, name(part), null);
  }

  /**
   * As {@link #part}; commands are only executed while the token is valid, and fail with {@link
   * RabiaException.Fenced} otherwise. Reads are not fenced.
   *
   * @param fence the name of the part that the token is of
   */
  public static Submitter fenced(Submitter composite, String part, String fence, byte[] token) {
    return new PartSubmitter(
        composite,
        name(part),
        ByteBuffer.allocate(1 + name(fence).length + Short.BYTES + token.length)
            .put((byte) name(fence).length)
            .put(name(fence))
            .putShort((short) checked(token).length)
            .put(token)
            .array());
  }

  private static byte[] checked(byte[] token) {
    if (token.length > Short.MAX_VALUE) {
      throw new RabiaException.Validation("token of " + token.length + " bytes");
    }
    return token;
  }

  static byte[] envelope(byte[] part, byte @Nullable [] fence, byte[] payload) {
    int length = 2 + part.length + payload.length + (fence == null ? 0 : fence.length);
    ByteBuffer out = ByteBuffer.allocate(length).put(fence == null ? PLAIN : FENCED);
    if (fence != null) {
      out.put(fence);
    }
    return out.put((byte) part.length).put(part).put(payload).array();
  }

  // ---- the replica's side

  @Override
  public byte[] apply(long slot, long logTime, ByteBuffer command) {
    if (isFenced(command) && !admitted(logTime, command)) {
      return new byte[] {REFUSED};
    }
    byte[] result = take(command).apply(slot, logTime, command.slice());
    return ByteBuffer.allocate(1 + result.length).put(EXECUTED).put(result).array();
  }

  private static boolean isFenced(ByteBuffer command) {
    byte kind = need(command, 1).get();
    if (kind != PLAIN && kind != FENCED) {
      throw new RabiaException.Serialization("kind " + kind);
    }
    return kind == FENCED;
  }

  private boolean admitted(long logTime, ByteBuffer command) {
    if (!(take(command) instanceof Fence fence)) {
      throw new RabiaException.Serialization("a token of a part that gives out none");
    }
    int length = need(command, Short.BYTES).getShort();
    need(command, length);
    ByteBuffer token = command.slice(command.position(), length);
    command.position(command.position() + length);
    return fence.admits(logTime, token);
  }

  private StateMachine take(ByteBuffer source) {
    byte[] name = new byte[need(source, 1).get() & 0xFF];
    need(source, name.length).get(name);
    StateMachine part = parts.get(new String(name, StandardCharsets.UTF_8));
    if (part == null) {
      throw new RabiaException.Serialization(
          "no such part: " + new String(name, StandardCharsets.UTF_8));
    }
    return part;
  }

  private static ByteBuffer need(ByteBuffer source, int length) {
    if (length < 0 || source.remaining() < length) {
      throw new RabiaException.Serialization("ends too early");
    }
    return source;
  }

  @Override
  public byte[] query(ByteBuffer query) {
    if (isFenced(query)) {
      throw new RabiaException.Serialization("a query with a token");
    }
    byte[] answer = take(query).query(query.slice());
    return ByteBuffer.allocate(1 + answer.length).put(EXECUTED).put(answer).array();
  }

  @Override
  public long stateHash() {
    long hash = parts.size();
    for (Map.Entry<String, StateMachine> part : parts.entrySet()) {
      hash = (hash ^ part.getKey().hashCode()) * PRIME;
      hash = (hash ^ part.getValue().stateHash()) * PRIME;
    }
    return hash ^ (hash >>> 32);
  }

  // ---- snapshots: names, each followed by what its part wrote, in chunks

  @Override
  public void snapshot(OutputStream target) throws IOException {
    freeze().writeTo(target);
  }

  @Override
  public StateView freeze() throws IOException {
    TreeMap<String, StateView> frozen = new TreeMap<>();
    for (Map.Entry<String, StateMachine> part : parts.entrySet()) {
      frozen.put(part.getKey(), part.getValue().freeze());
    }
    return target -> write(frozen, target);
  }

  private static void write(Map<String, StateView> frozen, OutputStream target) throws IOException {
    DataOutputStream out = new DataOutputStream(target);
    out.writeInt(FORMAT);
    out.writeInt(frozen.size());
    for (Map.Entry<String, StateView> part : frozen.entrySet()) {
      out.writeUTF(part.getKey());
      try (Chunks.Writer chunks = new Chunks.Writer(out)) {
        part.getValue().writeTo(chunks);
      }
    }
    out.flush();
  }

  /**
   * Parts that the snapshot does not have stay as they are: a part may be new. One that is not here
   * any more fails. When one part fails, those before it are already replaced, as {@link
   * StateMachine#restore} allows: no node goes on with them.
   */
  @Override
  public void restore(InputStream source) throws IOException {
    DataInputStream in = new DataInputStream(source);
    int format = in.readInt();
    if (format != FORMAT) {
      throw new IOException("snapshot format " + format + ", this version reads " + FORMAT);
    }
    int count = in.readInt();
    for (int i = 0; i < count; i++) {
      String name = in.readUTF();
      StateMachine part = parts.get(name);
      if (part == null) {
        throw new IOException("snapshot of a part that is not here: " + name);
      }
      Chunks.Reader chunks = new Chunks.Reader(in);
      part.restore(chunks);
      chunks.skipRest();
    }
  }
}
