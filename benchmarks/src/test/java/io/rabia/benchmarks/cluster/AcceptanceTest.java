package io.rabia.benchmarks.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rabia.benchmarks.cluster.Acceptance.Line;
import io.rabia.benchmarks.cluster.BenchOptions.Durability;
import io.rabia.benchmarks.cluster.BenchOptions.Fault;
import io.rabia.benchmarks.cluster.LoadSpec.Operation;
import io.rabia.benchmarks.cluster.Results.FaultRun;
import io.rabia.benchmarks.cluster.Results.Figure;
import io.rabia.benchmarks.cluster.Results.Run;
import io.rabia.benchmarks.cluster.Results.Work;
import java.util.List;
import org.junit.jupiter.api.Test;

class AcceptanceTest {
  private final Results results = new Results();

  private static Work writes(Durability durability, int clients) {
    return Work.closed(durability, Operation.WRITE, 16, clients);
  }

  private static LoadResult result(double ops, double p50, double p99, long errors) {
    return new LoadResult(ops, p50, p99, p99, p99, 1, errors, 0, List.of(), List.of());
  }

  private void add(Contender contender, Work work, double ops, double p50, double p99) {
    results.add(new Run(contender, work, 1, 0, result(ops, p50, p99, 0)));
  }

  private void addPause(int round, Fault fault, double pause, long errors) {
    results.add(
        new FaultRun(
            Contender.RABIA,
            3,
            Durability.OS,
            fault,
            false,
            round,
            2,
            pause,
            result(1, 1, 1, errors)));
  }

  private Line line(String what) {
    return Acceptance.of(results).stream()
        .filter(line -> line.what().startsWith(what))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void knowsNothingOfWhatWasNotMeasured() {
    assertThat(Acceptance.of(results)).hasSize(21).allMatch(line -> line.met() == null);
    assertThat(line("any member killed").text()).endsWith("not measured");
  }

  @Test
  void comparesMediansWithThatPeer() {
    Work work = writes(Durability.OS, 256);
    add(Contender.RABIA, work, 300_000, 600, 5_000);
    add(Contender.JRAFT, work, 100_000, 2_000, 6_000);
    add(Contender.AERON, work, 150_000, 1_800, 4_000);

    assertThat(line("os, 256 clients, writes/s of SOFAJRaft").measured()).isEqualTo(3);
    assertThat(line("os, 256 clients, writes/s of SOFAJRaft").met()).isTrue();
    assertThat(line("os, 256 clients, writes/s of Aeron").met()).isFalse();
    assertThat(line("os, 256 clients, p99").measured()).isEqualTo(1.25);
    assertThat(line("os, 256 clients, p99").met()).isFalse();
  }

  @Test
  void comparesWithTheBetterPeerThatIsAtItsBest() {
    Work work = writes(Durability.OS, 64);
    add(Contender.RABIA, work, 150_000, 300, 900);
    add(Contender.JRAFT, work, 74_000, 900, 1_000);
    add(Contender.AERON, work, 30_000, 900, 1_000);
    add(Contender.RATIS, work, 140_000, 900, 1_000);

    assertThat(line("os, 64 clients").measured()).isCloseTo(2.03, within(0.01));
    assertThat(line("os, 64 clients").met()).isFalse();
  }

  @Test
  void comparesNothingWithErrors() {
    Work work = writes(Durability.FSYNC, 256);
    add(Contender.RABIA, work, 300_000, 600, 5_000);
    results.add(new Run(Contender.JRAFT, work, 1, 0, result(100_000, 1, 1, 1)));

    assertThat(line("fsync, 256 clients, writes/s").met()).isNull();
    addPause(1, Fault.KILL, 20, 0);
    addPause(2, Fault.KILL, 20, 1);
    assertThat(line("any member killed").met()).isNull();
  }

  @Test
  void comparesOneClientWithThePeerAndTheFloorOfItsPath() {
    Work work = writes(Durability.FSYNC, 1);
    add(Contender.RABIA, work, 2_000, 500, 900);
    add(Contender.JRAFT, work, 1_900, 550, 900);
    results.add(new Figure(Floors.FORCED_PATH, "us", 300, 1));

    assertThat(line("fsync, 1 client, p50 of SOFAJRaft").met()).isTrue();
    assertThat(line("fsync, 1 client, p50 of the floor").measured()).isCloseTo(1.67, within(0.01));
    assertThat(line("fsync, 1 client, p50 of the floor").met()).isFalse();
  }

  @Test
  void comparesTailsAtTheRateOfThatPeer() {
    Work open = writes(Durability.OS, 256).open(256, Contender.AERON);
    add(Contender.RABIA, open, 80_000, 600, 2_000);
    add(Contender.AERON, open, 80_000, 600, 2_500);

    assertThat(line("os, open loop, p99 of aeron").met()).isTrue();
    assertThat(line("os, open loop, p99 of jraft").met()).isNull();
  }

  @Test
  void takesTheLongestPauseOfAllRounds() {
    addPause(1, Fault.KILL, 20, 0);
    addPause(2, Fault.KILL, 51, 0);
    addPause(1, Fault.STOP, 140, 0);

    assertThat(line("any member killed").measured()).isEqualTo(51);
    assertThat(line("any member killed").met()).isFalse();
    assertThat(line("any member stopped").met()).isTrue();
  }

  @Test
  void measuresWhatStandsAlone() {
    results.add(new Figure(Embedded.name(4096, Durability.OS), "commands/s", 1_000_001, 1));
    results.add(new Figure(Core.TIME, "ns", 1_501, 1));
    results.add(new Figure(Core.BYTES, "B", 0.1, 1));

    assertThat(line("embedded").met()).isTrue();
    assertThat(line(Core.TIME).met()).isFalse();
    assertThat(line(Core.BYTES).met()).isTrue();
  }
}
