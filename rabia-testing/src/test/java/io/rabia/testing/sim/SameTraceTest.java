package io.rabia.testing.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A seed prints the same bytes wherever it runs: real processes side by side, whose outputs stay in
 * {@code target/traces}.
 */
@Tag("fault-injection")
class SameTraceTest {
  private static final String FROM_FILES = ".*starts on [1-9][0-9]* files.*";
  private static final long PATIENCE_SECONDS = 600;
  private static final Path TRACES = Path.of("target", "traces").toAbsolutePath();

  /** What a main class prints in each of the surroundings. */
  private static List<Path> outputs(Class<?> main, String arguments, List<Surroundings> all)
      throws InterruptedException {
    String name = main.getSimpleName() + arguments.replaceAll("[ -]+", "-");
    List<Path> outputs = new ArrayList<>();
    List<Process> processes = new ArrayList<>();
    try {
      for (Surroundings surroundings : all) {
        Path output = TRACES.resolve(name + "-" + surroundings.name() + ".txt");
        outputs.add(output);
        processes.add(surroundings.start(main, List.of(arguments.split(" ")), output));
      }
      for (Process process : processes) {
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isLessThanOrEqualTo(1);
      }
    } finally {
      processes.forEach(Process::destroyForcibly);
    }
    return outputs;
  }

  private static void assertSame(String arguments, Surroundings one, Surroundings other)
      throws Exception {
    List<Path> outputs = outputs(RabiaSim.class, arguments, List.of(one, other));
    List<String> lines = Files.readAllLines(outputs.get(0));
    assertThat(lines.stream().anyMatch(line -> line.matches(FROM_FILES))).as("restarts").isTrue();
    assertThat(lines.get(lines.size() - 1)).startsWith("  replay: " + arguments + " --load light");
    assertThat(outputs.get(1)).hasSameBinaryContentAs(outputs.get(0));
  }

  private static Surroundings otherJava() {
    Optional<Surroundings> other = Surroundings.otherJava();
    assumeTrue(other.isPresent(), "no other version of Java is installed next to the running one");
    return other.get();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--seed 1 --seconds 5 --nodes 3 --faults REORDER,CRASH,REBOOT,DRIFT",
        "--seed 2 --seconds 5 --nodes 5 --faults PARTITION,CRASH,CRASH_ALL,REBOOT"
      })
  void doesNotDependOnLanguageZoneEncodingHeapOrHashCodes(String arguments) throws Exception {
    assertSame(arguments, Surroundings.plain(), Surroundings.strange());
  }

  @Test
  void doesNotDependOnTheVersionOfJava() throws Exception {
    String arguments = "--seed 3 --seconds 5 --nodes 3 --faults DROP,CRASH_ALL,REBOOT,EXPIRY";
    assertSame(arguments, Surroundings.plain(), otherJava());
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(ints = {3, 5})
  void ofManySeedsDependsOnTheSeedOnly(int nodes) throws Exception {
    for (int seed = 1; seed <= 40; seed++) {
      String arguments = "--seed " + seed + " --seconds 60 --nodes " + nodes + " --faults all";
      assertSameEverywhere(arguments, "  replay: " + arguments + " --load light");
    }
  }

  /** What {@code all} does not draw: their mixes, one after the other. */
  @Tag("long")
  @ParameterizedTest
  @EnumSource(names = {"S4", "S7", "S8", "S9", "S10", "S11", "S12", "DISKS"})
  void ofACampaignDependsOnTheSeedOnly(NamedCampaign campaign) throws Exception {
    for (int seed = 1; seed <= Math.min(5, 2 * campaign.mixes()); seed++) {
      String replay = "  replay: " + campaign.options(seed, 30).arguments();
      assertSameEverywhere("--campaign " + campaign + " --seed " + seed + " --seconds 30", replay);
    }
  }

  private static void assertSameEverywhere(String arguments, String replay) throws Exception {
    List<Surroundings> all = new ArrayList<>(List.of(Surroundings.plain()));
    all.add(Surroundings.strange());
    Surroundings.otherJava().ifPresent(all::add);
    List<Path> outputs = outputs(RabiaSim.class, arguments, all);
    assertThat(outputs.get(0)).content().contains(replay);
    for (Path output : outputs) {
      assertThat(output).hasSameBinaryContentAs(outputs.get(0));
    }
    for (Path output : outputs) {
      Files.delete(output);
    }
  }

  /** Or the tests above could not fail. */
  @Test
  void surroundingsDifferInEverythingThatATraceMustNotShow() throws Exception {
    List<Path> outputs =
        outputs(Unsteady.class, "", List.of(Surroundings.plain(), Surroundings.strange()));
    List<String> plain = Files.readAllLines(outputs.get(0));
    List<String> strange = Files.readAllLines(outputs.get(1));
    assertThat(plain).hasSameSizeAs(strange).hasSize(Unsteady.LINES);
    for (int line = 0; line < plain.size(); line++) {
      assertThat(plain.get(line)).isNotEqualTo(strange.get(line));
    }
  }

  @Test
  void versionsOfJavaWriteDoublesDifferently() throws Exception {
    List<Path> outputs =
        outputs(Unsteady.class, "doubles", List.of(Surroundings.plain(), otherJava()));
    assertThat(outputs.get(0)).content().isNotBlank();
    assertThat(Files.readString(outputs.get(1))).isNotEqualTo(Files.readString(outputs.get(0)));
  }
}
