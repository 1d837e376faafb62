package io.rabia.benchmarks.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.benchmarks.cluster.BenchOptions.Durability;
import io.rabia.benchmarks.cluster.BenchOptions.Part;
import io.rabia.benchmarks.cluster.BenchOptions.Victim;
import io.rabia.benchmarks.cluster.LoadSpec.Operation;
import io.rabia.kvstore.KVStoreConfig;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class BenchOptionsTest {
  private static BenchOptions parse(String... arguments) {
    BenchOptions options = new BenchOptions();
    new CommandLine(options)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(BenchOptions.expanded(arguments));
    return options;
  }

  @Test
  void measuresEverythingWhenNothingIsSaid() {
    BenchOptions options = parse();

    assertThat(options.invalid()).isNull();
    assertThat(options.parts).containsExactly(Part.values());
    assertThat(options.nodes).containsExactly(3);
    assertThat(options.clients(Operation.WRITE)).containsExactly(1, 16, 64, 256, 1024);
    assertThat(options.clients(Operation.READ)).containsExactly(1, 16, 64, 256, 1024);
    assertThat(options.valueSizes).containsExactly(16, 1024);
    assertThat(options.openClients).isEqualTo(256);
    assertThat(options.openOperations()).containsExactly(Operation.WRITE, Operation.READ);
    assertThat(options.faultDurabilities()).containsExactly(Durability.OS, Durability.FSYNC);
    assertThat(options.keySize).isEqualTo(16);
    assertThat(options.rounds).isEqualTo(5);
  }

  @Test
  void isQuickWhereNothingElseIsSaid() {
    BenchOptions options = parse("--quick", "--rounds", "2", "--clients=7,8");

    assertThat(options.rounds).isEqualTo(2);
    assertThat(options.clients(Operation.WRITE)).containsExactly(7, 8);
    assertThat(options.clients(Operation.READ)).containsExactly(256);
    assertThat(options.contenders())
        .containsExactlyInAnyOrder(Contender.RABIA, Contender.JRAFT, Contender.AERON);
    assertThat(options.durabilities).containsExactly(Durability.OS, Durability.FSYNC);
    assertThat(options.faultDurabilities()).containsExactly(Durability.OS);
    assertThat(options.victims).containsExactly(Victim.LEADER);
    assertThat(options.seconds).isEqualTo(5);
    assertThat(options.warmup).isEqualTo(8);
    assertThat(options.openClients).isEqualTo(256);
  }

  @Test
  void storesHaveRoomForAllKeysAndNoLessThanByDefault() {
    KVStoreConfig defaults = KVStoreConfig.defaults();
    assertThat(parse("--keys=10").room())
        .containsExactly(
            "--max-entries",
            String.valueOf(defaults.maxEntries()),
            "--max-memory-mb",
            String.valueOf(defaults.maxMemoryMb()));
    assertThat(parse("--keys=10000000", "--key-size=16", "--value-sizes=16,1000").room())
        .containsExactly("--max-entries", "10000000", "--max-memory-mb", "10911");
  }

  @Test
  void takesWhatTheScaleNeeds() {
    assertThat(
            parse("--nodes=1,3,5,7", "--keys=10000000", "--value-sizes=16,65536", "--key-size=16")
                .invalid())
        .isNull();
  }

  @Test
  void givesAllSystemsAsManyConnections() {
    assertThat(parse().connections(5)).isEqualTo(5);
    assertThat(parse("--at=FIRST").connections(5)).isEqualTo(1);
  }

  @Test
  void refusesWhatWouldMeasureSomethingElse() {
    assertThat(parse("--nodes=4").invalid()).contains("--nodes");
    assertThat(parse("--keys=10000001").invalid()).contains("--keys");
    assertThat(parse("--keys=1000", "--key-size=2").invalid()).contains("--key-size");
    assertThat(parse("--keys=1000", "--key-size=3").invalid()).isNull();
    assertThat(parse("--value-sizes=15").invalid()).contains("--value-sizes");
    assertThat(parse("--value-sizes=65537").invalid()).contains("--value-sizes");
    assertThat(parse("--clients=0").invalid()).contains("--clients");
    assertThat(parse("--read-clients=0").invalid()).contains("--clients");
    assertThat(parse("--nodes=7", "--fault-clients=6").invalid()).contains("--fault-clients");
    assertThat(parse("--operations=FILL").invalid()).contains("--operations");
    assertThat(parse("--operations=READ", "--open-operations=WRITE").invalid()).contains("OPEN");
    assertThat(parse("--parts=OPEN").invalid()).contains("CLOSED");
    assertThat(parse("--clients=4,5", "--open-clients=4").invalid()).isNull();
    assertThat(parse("--clients=5", "--open-clients=4").invalid()).contains("--open-clients");
    assertThat(parse("--read-clients=512").invalid()).contains("--open-clients");
    assertThat(parse("--read-clients=512", "--open-operations=WRITE").invalid()).isNull();
    assertThat(parse("--peers=jraft", "--peers-dir=nowhere").invalid()).contains("-P peers");
  }
}
