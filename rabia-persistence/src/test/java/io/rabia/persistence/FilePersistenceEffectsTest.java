package io.rabia.persistence;

import static io.rabia.persistence.Logs.append;
import static io.rabia.persistence.Logs.fill;
import static io.rabia.persistence.Logs.open;

import io.rabia.core.EveryField;
import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class FilePersistenceEffectsTest {

  private static FilePersistenceConfig.Builder config() {
    return FilePersistenceConfig.builder();
  }

  @TestFactory
  Stream<DynamicTest> everyFieldMatters() {
    FilePersistenceConfig defaults = config().build();
    return EveryField.of(FilePersistenceConfig.class)
        .matters(
            "durability",
            defaults,
            0L,
            config().durability(Durability.OS).build(),
            1L,
            FilePersistenceEffectsTest::groupsThatAreDurableOnceAppended)
        .matters(
            "segmentBytes",
            defaults,
            1,
            config().segmentBytes(1024).build(),
            3,
            FilePersistenceEffectsTest::segmentsOf20Groups)
        .matters(
            "maxGroupBytes",
            defaults,
            true,
            config().maxGroupBytes(1024).build(),
            false,
            FilePersistenceEffectsTest::takesAGroupOf2000Bytes)
        .tests();
  }

  private static long groupsThatAreDurableOnceAppended(FilePersistenceConfig config) {
    FilePersistence log = open(new MemoryDisk("boot"), config);
    append(log, "a");
    return log.durable();
  }

  private static int segmentsOf20Groups(FilePersistenceConfig config) {
    MemoryDisk disk = new MemoryDisk("boot");
    fill(open(disk, config), 1, 20);
    return disk.segments().size();
  }

  private static boolean takesAGroupOf2000Bytes(FilePersistenceConfig config) {
    FilePersistence log = open(new MemoryDisk("boot"), config);
    try {
      append(log, "x".repeat(2000));
      return true;
    } catch (RabiaException.Validation e) {
      return false;
    }
  }
}
