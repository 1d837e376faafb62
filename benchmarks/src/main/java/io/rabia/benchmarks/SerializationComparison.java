package io.rabia.benchmarks;

import static io.rabia.benchmarks.Checks.check;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.StateValue;
import io.rabia.core.message.Message;
import io.rabia.core.message.Serializer;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The binary and the JSON form of the same messages: a vote, and a Propose with 100 commands. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SerializationComparison {
  private static final int COMMANDS = 100;
  private static final int COMMAND_BYTES = 16;

  /** A form of messages. */
  public enum Form {
    BINARY,
    JSON
  }

  /** What is in the message. */
  public enum Content {
    VOTE,
    BATCH
  }

  @Param public Form form;
  @Param public Content content;

  private final ByteBuffer out = ByteBuffer.allocate(1 << 16);
  private Serializer serializer;
  private Message message;
  private byte[] bytes;

  /** Makes the message, and its bytes. */
  @Setup(Level.Trial)
  public void prepare() {
    serializer = form == Form.BINARY ? Serializer.binary() : Serializer.json();
    message = message(content);
    bytes = serializer.serialize(message);
  }

  private static Message message(Content content) {
    long id = BatchId.pack(1, 77_777);
    if (content == Content.VOTE) {
      return new Message.Vote2(1_234_567, 0, StateValue.V1, id);
    }
    CommandBatch.Encoder encoder = new CommandBatch.Encoder();
    for (int i = 0; i < COMMANDS; i++) {
      byte[] payload = ByteBuffer.allocate(COMMAND_BYTES).putLong(i).putLong(~i).array();
      encoder.add(CommandBatch.KIND_APPLY, 7, 1000 + i, 1000, payload);
    }
    return new Message.Propose(1_234_567, id, encoder.build(id, 1, 77_777));
  }

  /** Into a buffer that is there, as frames are written. */
  @Benchmark
  public int serialize() {
    serializer.serialize(message, out.clear());
    check(out.position() == bytes.length, "the whole message was written");
    return out.position();
  }

  /** Out of bytes, with every check that hostile input needs. */
  @Benchmark
  public Message deserialize() {
    return serializer.deserialize(bytes);
  }

  /** What was written and read last is the message. */
  @TearDown(Level.Iteration)
  public void compare() {
    check(deserialize().equals(message), "a message survives its " + form + " form");
    serialize();
    check(out.flip().equals(ByteBuffer.wrap(bytes)), "both ways of writing write the same");
  }
}
