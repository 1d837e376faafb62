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
import java.util.Objects;
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

  /** An outcome: executed, with the state machine's result. */
  public static final byte OK = 0;

  /** The session is not open: not executed. */
  public static final byte CLOSED = 1;

  /** The number was answered before, says its sender, or is too far ahead: not executed. */
  public static final byte REFUSED = 2;

  /** The state machine threw; the result is the message. */
  public static final byte FAILED = 3;

  /** No session can be opened any more. */
  public static final byte FULL = 4;

  /** A change of the configuration was refused; the result says why. */
  public static final byte CHANGE_REFUSED = 5;

  /** Results that were not acknowledged fill the session, or the table: not executed. */
  public static final byte UNREAD = 6;

  /** What a failure counts as: its text, which is no longer, need not be the same everywhere. */
  private static final int FAILURE_BYTES = 1024;

  private static final byte[] NOTHING = {};
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
    byte[] outcomes = new byte[4];

    /** Null: the number was not applied, or is not waited for any more. */
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
      outcomes = from.outcomes.clone();
      results = from.results.clone();
    }

    private int place(long number) {
      return (int) number & (results.length - 1);
    }

    byte @Nullable [] result(long number) {
      return number > highest ? null : results[place(number)];
    }

    byte outcome(long number) {
      return outcomes[place(number)];
    }

    void store(long number, byte outcome, byte[] result) {
      while (number - lowest >= results.length) {
        grow();
      }
      outcomes[place(number)] = outcome;
      results[place(number)] = result;
      bytes += size(number);
      highest = Math.max(highest, number);
    }

    private void grow() {
      byte[] largerOutcomes = new byte[results.length * 2];
      byte[][] larger = new byte[results.length * 2][];
      for (long n = lowest; n <= highest; n++) {
        largerOutcomes[(int) n & (larger.length - 1)] = outcomes[place(n)];
        larger[(int) n & (larger.length - 1)] = results[place(n)];
      }
      outcomes = largerOutcomes;
      results = larger;
    }

    private int size(long number) {
      byte[] result = results[place(number)];
      return result == null ? 0 : outcome(number) == FAILED ? FAILURE_BYTES : 1 + result.length;
    }

    void raise(long to) {
      for (long n = lowest; n < Math.min(to, highest + 1); n++) {
        bytes -= size(n);
        results[place(n)] = null;
      }
      lowest = Math.max(lowest, to);
    }
  }

  /** Executes a command that is applied for the first time. */
  @FunctionalInterface
  public interface Execution {
    /** Returns the result, which is kept, or throws what went wrong. */
    byte[] execute();
  }

  private final long sessionBytes;
  private final long tableBytes;
  private final Long2ObjectHashMap<Session> table = new Long2ObjectHashMap<>();
  private long bytes;

  /** So many were taken. */
  private int views;

  /** Of what was asked for last. */
  private byte[] result = NOTHING;

  public Sessions() {
    this(SESSION_BYTES, TABLE_BYTES);
  }

  Sessions(long sessionBytes, long tableBytes) {
    this.sessionBytes = sessionBytes;
    this.tableBytes = tableBytes;
  }

  /**
   * Opens the session that this command of the log names for ever: by slot and index.
   *
   * @return its id; 0 when there are too many
   */
  public long open(long slot, int index) {
    if (table.size() >= MAX_SESSIONS) {
      return 0;
    }
    long id = (slot << INDEX_BITS) + index + 1;
    Session session = new Session(id, views);
    session.lastSlot = slot;
    table.put(id, session);
    return id;
  }

  /** Closes it if nothing of it was applied since {@code lastSlot}. */
  public void close(long id, long lastSlot) {
    Session session = table.get(id);
    if (session != null && session.lastSlot <= lastSlot) {
      table.remove(id);
      bytes -= session.bytes;
    }
  }

  /**
   * Applies a numbered command once.
   *
   * @return what came of it, now or when it was executed; {@link #result()} is the rest
   */
  public byte apply(long id, long number, long lowestUnanswered, long slot, Execution execution) {
    result = NOTHING;
    Session session = changing(id);
    if (session == null) {
      return CLOSED;
    }
    session.lastSlot = slot;
    long lowest = Math.max(session.lowest, lowestUnanswered);
    if (number < lowest || number - lowest >= WINDOW) {
      return REFUSED;
    }
    long before = session.bytes;
    session.raise(lowest);
    if (session.result(number) == null) {
      boolean full = session.bytes >= sessionBytes || bytes - before + session.bytes >= tableBytes;
      byte outcome = full ? UNREAD : execute(execution);
      session.store(number, outcome, result);
    }
    bytes += session.bytes - before;
    return recall(session, number);
  }

  private byte execute(Execution execution) {
    try {
      result = execution.execute();
      return OK;
    } catch (RuntimeException e) {
      result = failure(e.getClass().getSimpleName() + ": " + e.getMessage());
      return FAILED;
    }
  }

  private byte recall(Session session, long number) {
    result = Objects.requireNonNull(session.result(number));
    return session.outcome(number);
  }

  /**
   * The result of the command that was applied, or recalled, last: the table's own array. Empty
   * unless its outcome says that there is one.
   */
  public byte[] result() {
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

  /** What came of a number that was applied; -1 if that is not, or no longer, there. */
  public byte recall(long id, long number) {
    Session session = table.get(id);
    boolean isThere = session != null && number >= session.lowest && session.result(number) != null;
    return isThere ? recall(session, number) : -1;
  }

  /** The end of a long message is cut off. */
  private static byte[] failure(String message) {
    ByteBuffer text = ByteBuffer.allocate(FAILURE_BYTES - 1);
    StandardCharsets.UTF_8
        .newEncoder()
        .onMalformedInput(CodingErrorAction.REPLACE)
        .encode(CharBuffer.wrap(message), text, true);
    return Arrays.copyOf(text.array(), text.position());
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
        if (result == null) {
          out.writeInt(-1);
        } else {
          out.writeInt(1 + result.length);
          out.writeByte(session.outcome(n));
          out.write(result);
        }
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
          byte outcome = in.readByte();
          if (outcome < OK || outcome > UNREAD || length == 0) {
            throw new IOException("outcome " + outcome + " of a command");
          }
          byte[] stored = new byte[length - 1];
          in.readFully(stored);
          session.store(n, outcome, stored);
        }
      }
      session.highest = highest;
      bytes += session.bytes;
      table.put(id, session);
    }
  }

  /** The text of a failure is for people, and not the same in every version of Java. */
  private static int hash(Session session, long number) {
    byte[] result = session.result(number);
    if (result == null) {
      return 0;
    }
    byte outcome = session.outcome(number);
    int hash = 31 + outcome;
    for (byte b : result) {
      hash = 31 * hash + b;
    }
    return outcome == FAILED ? FAILED : hash;
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
            h = h * 31 + hash(session, n);
          }
          sum[0] += h ^ (h >>> 29);
        });
    return sum[0];
  }
}
