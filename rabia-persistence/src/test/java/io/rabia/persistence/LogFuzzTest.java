package io.rabia.persistence;

import static io.rabia.persistence.Logs.FSYNC;
import static io.rabia.persistence.Logs.fill;
import static io.rabia.persistence.Logs.open;
import static io.rabia.persistence.Logs.texts;
import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.Fuzz;
import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Hostile bytes in the files of a log, from fixed seeds. */
class LogFuzzTest {
  private static final int GROUPS = 4;

  private final MemoryDisk written = new MemoryDisk("boot");
  private final String segment;

  LogFuzzTest() {
    fill(open(written, FSYNC), 1, GROUPS);
    segment = written.segments().get(0);
  }

  /** A log with such a file opens to a beginning of what was appended, or says what is wrong. */
  private void reads(String name, byte[] content) {
    MemoryDisk disk = written.copy();
    disk.content(name, content);
    List<String> replayed = new ArrayList<>();
    try {
      open(disk, FSYNC, replayed);
    } catch (RabiaException.Checksum | RabiaException.Storage refused) {
      throw new RabiaException.Serialization(String.valueOf(refused.getMessage()));
    }
    if (!replayed.equals(texts(replayed.size())) || replayed.size() > GROUPS) {
      throw new AssertionError("read " + replayed);
    }
  }

  private Fuzz.Result file(String name, int inputs) throws Exception {
    return Fuzz.run(1, inputs, List.of(written.content(name)), input -> reads(name, input));
  }

  /** One record with a right checksum, whatever else it says, behind the last one. */
  private Fuzz.Result records(int inputs) throws Exception {
    byte[] log = Logs.records(written, segment);
    ByteBuffer record = ByteBuffer.allocate(RecordCodec.HEADER_BYTES + 8);
    new RecordCodec().seal(record, 8, log.length, GROUPS + 1, 1, log.length);
    byte[] body = record.array();
    return Fuzz.run(
        2,
        inputs,
        List.of(body),
        input -> {
          byte[] sealed = Arrays.copyOf(input, Math.max(RecordCodec.HEADER_BYTES, input.length));
          java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
          crc.update(sealed, RecordCodec.LENGTH, sealed.length - RecordCodec.LENGTH);
          ByteBuffer.wrap(sealed).putInt(0, (int) crc.getValue());
          byte[] all = Arrays.copyOf(log, log.length + sealed.length);
          System.arraycopy(sealed, 0, all, log.length, sealed.length);
          MemoryDisk disk = written.copy();
          disk.content(segment, all);
          List<ByteBuffer> groups = new ArrayList<>();
          try {
            new FilePersistence(disk, FSYNC)
                .open((number, group) -> groups.add(group.duplicate()), Logs.NO_WAKEUP);
          } catch (RabiaException.Checksum | RabiaException.Storage refused) {
            throw new RabiaException.Serialization(String.valueOf(refused.getMessage()));
          }
          if (groups.size() < GROUPS || groups.size() > GROUPS + 1) {
            throw new AssertionError(groups.size() + " groups");
          }
        });
  }

  private void feed(int inputs) throws Exception {
    List<Fuzz.Result> results =
        List.of(file(segment, inputs), file(LogStatus.NAME, inputs / 2), records(inputs / 2));
    assertThat(results).anySatisfy(result -> assertThat(result.refused()).isPositive());
    assertThat(results).allSatisfy(result -> assertThat(result.taken()).isPositive());
  }

  @Test
  void inputsAreRefusedOrReadExactly() throws Exception {
    feed(2_000);
  }

  @Tag("long")
  @Test
  void halfAMillionInputsAreRefusedOrReadExactly() throws Exception {
    feed(250_000);
  }
}
