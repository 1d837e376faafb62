package io.rabia.engine.protocol;

import io.rabia.core.InvariantViolation;
import io.rabia.core.statemachine.StateView;
import java.io.BufferedOutputStream;
import java.io.DataInput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.function.LongConsumer;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The session table (protocol.md section 8), replicated state: a (session, number) that was applied
 * once is answered from here and never applied again. Deterministic: equal at replicas that applied
 * the same slots. One thread.
 */
@Internal
public final class Sessions {

  /** Numbers reach at most so far above the lowest unanswered one. */
  public static final int WINDOW = 1024;

  /** How many sessions may be open. */
  public static final int MAX_SESSIONS = 1 << 16;

  /**
   * A session whose results that were not acknowledged hold so many bytes executes nothing more. It
   * may hold one result beyond that, since nobody knows how long a result will be.
   */
  public static final long SESSION_BYTES = 64L << 20;

  /** The same for the whole table. */
  public static final long TABLE_BYTES = 256L << 20;

  /** First byte of a stored result: the rest is the state machine's. */
  public static final byte OK = 0;

  /** The session is not open: not executed. */
  public static final byte CLOSED = 1;

  /** The number was answered before, says its sender, or is too far ahead: not executed. */
  public static final byte REFUSED = 2;

  /** The state machine threw; the rest is the message. */
  public static final byte FAILED = 3;

  /** No session can be opened any more. */
  public static final byte FULL = 4;

  /** A change of the configuration was refused; the rest says why. */
  public static final byte CHANGE_REFUSED = 5;

  /** Results that were not acknowledged fill the session, or the table: not executed. */
  public static final byte UNREAD = 6;

  /** What a failure counts as: its text, which is no longer, need not be the same everywhere. */
  private static final int FAILURE_BYTES = 1024;

  private static final byte[] NO_RESULT = {};
  private static final byte[] CLOSED_RESULT = {CLOSED};
  private static final byte[] REFUSED_RESULT = {REFUSED};
  private static final byte[] FULL_RESULT = {FULL};
  private static final byte[] UNREAD_RESULT = {UNREAD};
  private static final int INDEX_BITS = 17;
  private static final int BUFFER = 1 << 16;

  private static final class Session {
    final long id;

    /** So many views had been taken when it was made: whatever later ones hold stays as it is. */
    final int views;

    long lowest = 1;
    long highest;
    long lastSlot;
    long bytes;
    byte[][] results = new byte[4][];

    Session(long id, int views) {
      this.id = id;
      this.views = views;
    }

    Session(Session from, int views) {
      this(from.id, views);
      lowest = from.lowest;
      highest = from.highest;
      lastSlot = from.lastSlot;
      bytes = from.bytes;
      results = from.results.clone();
    }

    byte @Nullable [] result(long number) {
      return number > highest ? null : results[(int) number & (results.length - 1)];
    }

    void store(long number, byte[] result) {
      while (number - lowest >= results.length) {
        grow();
      }
      results[(int) number & (results.length - 1)] = result;
      bytes += size(result);
      highest = Math.max(highest, number);
    }

    private void grow() {
      byte[][] larger = new byte[results.length * 2][];
      for (long n = lowest; n <= highest; n++) {
        larger[(int) n & (larger.length - 1)] = results[(int) n & (results.length - 1)];
      }
      results = larger;
    }

    private static int size(byte @Nullable [] result) {
      return result == null ? 0 : result[0] == FAILED ? FAILURE_BYTES : result.length;
    }

    void raise(long to) {
      for (long n = lowest; n < Math.min(to, highest + 1); n++) {
        bytes -= size(result(n));
        results[(int) n & (results.length - 1)] = null;
      }
      lowest = Math.max(lowest, to);
    }
  }

  /** Executes a command that is applied for the first time. */
  @FunctionalInterface
  public interface Execution {
    /** Returns {@link #OK} or {@link #FAILED} and the result behind it. */
    byte[] execute();
  }

  private final long sessionBytes;
  private final long tableBytes;
  private final Long2ObjectHashMap<Session> table = new Long2ObjectHashMap<>();
  private long bytes;

  /** So many were taken. */
  private int views;

  public Sessions() {
    this(SESSION_BYTES, TABLE_BYTES);
  }

  Sessions(long sessionBytes, long tableBytes) {
    this.sessionBytes = sessionBytes;
    this.tableBytes = tableBytes;
  }

  /** Opens the session that this command of the log names for ever: by slot and index. */
  public byte[] open(long slot, int index) {
    if (table.size() >= MAX_SESSIONS) {
      return FULL_RESULT;
    }
    long id = (slot << INDEX_BITS) + index + 1;
    Session session = new Session(id, views);
    session.lastSlot = slot;
    table.put(id, session);
    return ByteBuffer.allocate(9).put(OK).putLong(id).array();
  }

  /** Closes it if nothing of it was applied since {@code lastSlot}. */
  public byte[] close(long id, long lastSlot) {
    Session session = table.get(id);
    if (session != null && session.lastSlot <= lastSlot) {
      table.remove(id);
      bytes -= session.bytes;
    }
    return CLOSED_RESULT;
  }

  /** Applies a numbered command once. */
  public byte[] apply(long id, long number, long lowestUnanswered, long slot, Execution execution) {
    Session session = changing(id);
    if (session == null) {
      return CLOSED_RESULT;
    }
    session.lastSlot = slot;
    long lowest = Math.max(session.lowest, lowestUnanswered);
    if (number < lowest || number - lowest >= WINDOW) {
      return REFUSED_RESULT;
    }
    long before = session.bytes;
    session.raise(lowest);
    byte[] result = session.result(number);
    if (result == null) {
      boolean full = session.bytes >= sessionBytes || bytes - before + session.bytes >= tableBytes;
      result = full ? UNREAD_RESULT : execution.execute();
      session.store(number, result);
    }
    bytes += session.bytes - before;
    return result;
  }

  /** The session, which no view holds. */
  private @Nullable Session changing(long id) {
    Session session = table.get(id);
    if (session != null && session.views != views) {
      session = new Session(session, views);
      table.put(id, session);
    }
    return session;
  }

  /** The stored result of a number that was applied; null if it is not, or no longer, there. */
  public byte @Nullable [] result(long id, long number) {
    Session session = table.get(id);
    return session == null || number < session.lowest ? null : session.result(number);
  }

  /** A failure's stored form; the end of a long message is cut off. */
  public static byte[] failed(String message) {
    ByteBuffer result = ByteBuffer.allocate(FAILURE_BYTES).put(FAILED);
    StandardCharsets.UTF_8
        .newEncoder()
        .onMalformedInput(CodingErrorAction.REPLACE)
        .encode(CharBuffer.wrap(message), result, true);
    return Arrays.copyOf(result.array(), result.position());
  }

  public boolean isOpen(long id) {
    return table.containsKey(id);
  }

  /** The slot of the session's last command, or -1. */
  public long lastSlot(long id) {
    Session session = table.get(id);
    return session == null ? -1 : session.lastSlot;
  }

  public void forEachId(LongConsumer action) {
    table.forEachLong((id, session) -> action.accept(id));
  }

  public int size() {
    return table.size();
  }

  /** Of the results that it holds. */
  long bytes() {
    return bytes;
  }

  /**
   * The table as it is now: the same bytes for the same table. It costs a reference for each
   * session now, and a copy of each that changes, once.
   */
  public StateView freeze() {
    Session[] frozen = new Session[table.size()];
    int[] count = {0};
    table.forEachLong((id, session) -> frozen[count[0]++] = session);
    views++;
    return target -> write(frozen, target);
  }

  private static void write(Session[] sessions, OutputStream target) throws IOException {
    DataOutputStream out = new DataOutputStream(new BufferedOutputStream(target, BUFFER));
    Arrays.sort(sessions, Comparator.comparingLong(session -> session.id));
    out.writeInt(sessions.length);
    for (Session session : sessions) {
      out.writeLong(session.id);
      out.writeLong(session.lowest);
      out.writeLong(session.highest);
      out.writeLong(session.lastSlot);
      for (long n = session.lowest; n <= session.highest; n++) {
        byte[] result = session.result(n);
        out.writeInt(result == null ? -1 : result.length);
        out.write(result == null ? NO_RESULT : result);
      }
    }
    out.flush();
  }

  /** Takes the table that {@link #freeze} gave, into an empty one. */
  public void load(DataInput in) throws IOException {
    InvariantViolation.check(table.isEmpty(), "a table of sessions is loaded into an empty one");
    int count = in.readInt();
    for (int i = 0; i < count; i++) {
      long id = in.readLong();
      Session session = new Session(id, views);
      session.lowest = in.readLong();
      long highest = in.readLong();
      session.lastSlot = in.readLong();
      for (long n = session.lowest; n <= highest; n++) {
        int length = in.readInt();
        if (length >= 0) {
          byte[] result = new byte[length];
          in.readFully(result);
          session.store(n, result);
        }
      }
      session.highest = highest;
      bytes += session.bytes;
      table.put(id, session);
    }
  }

  /** The text of a failure is for people, and not the same in every version of Java. */
  private static int hash(byte @Nullable [] result) {
    return result != null && result[0] == FAILED ? FAILED : Arrays.hashCode(result);
  }

  /** Part of the state hash, whatever the order of the table. */
  public long hash() {
    long[] sum = {table.size()};
    table.forEachLong(
        (id, session) -> {
          long h = id * 0x9E3779B97F4A7C15L + session.lowest;
          h = h * 31 + session.highest;
          h = h * 31 + session.lastSlot;
          for (long n = session.lowest; n <= session.highest; n++) {
            h = h * 31 + hash(session.result(n));
          }
          sum[0] += h ^ (h >>> 29);
        });
    return sum[0];
  }
}
