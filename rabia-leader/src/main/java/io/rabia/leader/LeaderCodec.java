package io.rabia.leader;

import io.rabia.core.RabiaException;
import io.rabia.leader.LeaderView.Candidate;
import io.rabia.leader.LeaderView.Election;
import io.rabia.leader.LeaderView.Left;
import io.rabia.leader.LeaderView.Session;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Commands, results and the state as bytes: a tag or version, big-endian fields, texts as UTF-8
 * after a 16-bit length. Stateless and thread-safe; whatever is not exactly one form fails with
 * {@link RabiaException.Serialization} and allocates no more than the input holds.
 */
final class LeaderCodec {
  static final int MAX_TEXT = 255;
  static final long MAX_TIMEOUT = TimeUnit.DAYS.toNanos(1);
  private static final int VIEW_FORMAT = 2;
  private static final byte BEAT = 1;
  private static final byte LEAVE = 2;
  private static final byte CAMPAIGN = 3;
  private static final byte WITHDRAW = 4;
  private static final byte TRIGGER = 5;
  private static final byte BEATEN = 1;
  private static final byte DONE = 2;
  private static final byte REJECTED = 3;
  private static final LeaderResult.Reason[] REASONS = LeaderResult.Reason.values();

  /** What a fenced command carries. */
  record Token(String election, long term) {}

  private LeaderCodec() {}

  private interface Body {
    void write(DataOutputStream out) throws IOException;
  }

  private static byte[] bytes(Body body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      body.write(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * @throws RabiaException.Validation when it is empty, longer than {@link #MAX_TEXT} bytes, or has
   *     half a character
   */
  static String checkText(String text) {
    int length = text.getBytes(StandardCharsets.UTF_8).length;
    if (length < 1 || length > MAX_TEXT || !StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw new RabiaException.Validation(
          "a name must have 1 to 255 bytes of UTF-8, not " + length + ": " + text);
    }
    return text;
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeShort(bytes.length);
    out.write(bytes);
  }

  static byte[] encode(LeaderCommand command) {
    return bytes(
        out -> {
          out.writeByte(tag(command));
          out.writeLong(command.session());
          out.writeLong(command.number());
          if (command instanceof LeaderCommand.Beat beat) {
            text(out, beat.name());
            out.writeInt(beat.node());
            out.writeLong(beat.timeout());
            out.writeInt(beat.responseMicros());
          } else if (command instanceof LeaderCommand.Leave leave) {
            out.writeLong(leave.timeout());
          } else if (command instanceof LeaderCommand.Campaign campaign) {
            text(out, campaign.election());
            out.writeInt(campaign.priority());
            out.writeInt(campaign.minHealthy());
            out.writeBoolean(campaign.autoFailover());
          } else if (command instanceof LeaderCommand.Withdraw withdraw) {
            text(out, withdraw.election());
          } else {
            text(out, ((LeaderCommand.Trigger) command).election());
          }
        });
  }

  private static byte tag(LeaderCommand command) {
    if (command instanceof LeaderCommand.Beat) {
      return BEAT;
    } else if (command instanceof LeaderCommand.Leave) {
      return LEAVE;
    } else if (command instanceof LeaderCommand.Campaign) {
      return CAMPAIGN;
    }
    return command instanceof LeaderCommand.Withdraw ? WITHDRAW : TRIGGER;
  }

  static LeaderCommand decodeCommand(ByteBuffer source) {
    return whole(
        source,
        in -> {
          byte tag = in.get();
          long session = session(in);
          long number = positive(in);
          return switch (tag) {
            case BEAT ->
                new LeaderCommand.Beat(
                    session, number, text(in), natural(in.getInt()), timeout(in), in.getInt());
            case LEAVE -> new LeaderCommand.Leave(session, number, timeout(in));
            case CAMPAIGN ->
                new LeaderCommand.Campaign(
                    session, number, text(in), in.getInt(), natural(in.getInt()), bool(in));
            case WITHDRAW -> new LeaderCommand.Withdraw(session, number, text(in));
            case TRIGGER -> new LeaderCommand.Trigger(session, number, text(in));
            default -> throw new RabiaException.Serialization("command tag " + tag);
          };
        });
  }

  static byte[] encode(LeaderResult result) {
    return bytes(
        out -> {
          if (result instanceof LeaderResult.Beaten beaten) {
            out.writeByte(BEATEN);
            out.writeBoolean(beaten.fresh());
            out.writeLong(beaten.version());
            out.writeInt(beaten.terms().size());
            for (Map.Entry<String, Long> term : new TreeMap<>(beaten.terms()).entrySet()) {
              text(out, term.getKey());
              out.writeLong(term.getValue());
            }
          } else if (result instanceof LeaderResult.Done done) {
            out.writeByte(DONE);
            out.writeLong(done.version());
            out.writeLong(done.term());
          } else {
            out.writeByte(REJECTED);
            out.writeByte(((LeaderResult.Rejected) result).reason().ordinal());
          }
        });
  }

  static LeaderResult decodeResult(byte[] bytes) {
    return whole(
        ByteBuffer.wrap(bytes),
        in -> {
          byte tag = in.get();
          return switch (tag) {
            case BEATEN -> {
              boolean fresh = bool(in);
              long version = in.getLong();
              Map<String, Long> terms = new TreeMap<>();
              int count = count(in);
              for (int i = 0; i < count; i++) {
                terms.put(text(in), in.getLong());
              }
              yield new LeaderResult.Beaten(fresh, version, terms);
            }
            case DONE -> new LeaderResult.Done(in.getLong(), in.getLong());
            case REJECTED -> {
              byte reason = in.get();
              expect(reason >= 0 && reason < REASONS.length, "reason");
              yield new LeaderResult.Rejected(REASONS[reason]);
            }
            default -> throw new RabiaException.Serialization("result tag " + tag);
          };
        });
  }

  static byte[] encode(LeaderView view) {
    return bytes(
        out -> {
          out.writeInt(VIEW_FORMAT);
          out.writeLong(view.version());
          out.writeLong(view.logTime());
          out.writeLong(view.lastTerm());
          out.writeLong(view.lastArrival());
          out.writeInt(view.sessions().size());
          for (Session session : view.sessions()) {
            write(session, out);
          }
          out.writeInt(view.left().size());
          for (Left left : view.left()) {
            out.writeLong(left.id());
            out.writeLong(left.timeout());
            out.writeLong(left.idle());
          }
          out.writeInt(view.elections().size());
          for (Election election : view.elections()) {
            write(election, out);
          }
        });
  }

  private static void write(Session session, DataOutputStream out) throws IOException {
    out.writeLong(session.id());
    out.writeLong(session.number());
    text(out, session.name());
    out.writeInt(session.node());
    out.writeLong(session.timeout());
    out.writeLong(session.idle());
    out.writeLong(session.beats());
    out.writeInt(session.responseMicros());
  }

  private static void write(Election election, DataOutputStream out) throws IOException {
    text(out, election.name());
    out.writeLong(election.term());
    out.writeLong(election.leader());
    out.writeBoolean(election.held());
    out.writeInt(election.minHealthy());
    out.writeBoolean(election.autoFailover());
    out.writeInt(election.candidates().size());
    for (Candidate candidate : election.candidates()) {
      out.writeLong(candidate.session());
      out.writeInt(candidate.priority());
      out.writeLong(candidate.arrival());
    }
  }

  static LeaderView decodeView(ByteBuffer source) {
    return whole(
        source,
        in -> {
          expect(in.getInt() == VIEW_FORMAT, "format");
          return new LeaderView(
              in.getLong(),
              in.getLong(),
              in.getLong(),
              in.getLong(),
              list(in, () -> readSession(in)),
              list(in, () -> new Left(session(in), timeout(in), in.getLong())),
              list(in, () -> readElection(in)));
        });
  }

  private static Session readSession(ByteBuffer in) {
    return new Session(
        session(in),
        in.getLong(),
        text(in),
        natural(in.getInt()),
        timeout(in),
        in.getLong(),
        in.getLong(),
        in.getInt());
  }

  private static Election readElection(ByteBuffer in) {
    return new Election(
        text(in),
        in.getLong(),
        in.getLong(),
        bool(in),
        in.getInt(),
        bool(in),
        list(in, () -> new Candidate(in.getLong(), in.getInt(), in.getLong())));
  }

  /** The token of whoever leads the election in this term. */
  static byte[] token(String election, long term) {
    return bytes(
        out -> {
          text(out, election);
          out.writeLong(term);
        });
  }

  static Token decodeToken(ByteBuffer source) {
    return whole(source, in -> new Token(text(in), in.getLong()));
  }

  // ---- fields

  private static <T> T whole(ByteBuffer source, Function<ByteBuffer, T> form) {
    try {
      T value = form.apply(source);
      expect(!source.hasRemaining(), "end");
      return value;
    } catch (BufferUnderflowException e) {
      throw new RabiaException.Serialization("ends too early");
    }
  }

  private static void expect(boolean holds, String what) {
    if (!holds) {
      throw new RabiaException.Serialization("no " + what);
    }
  }

  private static long session(ByteBuffer in) {
    long session = in.getLong();
    expect(session != 0, "session");
    return session;
  }

  private static long positive(ByteBuffer in) {
    long value = in.getLong();
    expect(value > 0, "positive number");
    return value;
  }

  private static long timeout(ByteBuffer in) {
    long timeout = positive(in);
    expect(timeout <= MAX_TIMEOUT, "timeout");
    return timeout;
  }

  private static int natural(int value) {
    expect(value >= 0, "natural number");
    return value;
  }

  private static boolean bool(ByteBuffer in) {
    byte value = in.get();
    expect(value == 0 || value == 1, "boolean");
    return value == 1;
  }

  /** Strictly: what is read is written as the same bytes, so it is never longer than allowed. */
  private static String text(ByteBuffer in) {
    int length = in.getShort();
    expect(length >= 1 && length <= MAX_TEXT && length <= in.remaining(), "text");
    ByteBuffer bytes = in.slice(in.position(), length);
    in.position(in.position() + length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new RabiaException.Serialization("no UTF-8");
    }
  }

  private static int count(ByteBuffer in) {
    int count = in.getInt();
    expect(count >= 0 && count <= in.remaining(), "count");
    return count;
  }

  private static <T> List<T> list(ByteBuffer in, Supplier<T> item) {
    int count = count(in);
    List<T> items = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      items.add(item.get());
    }
    return items;
  }
}
