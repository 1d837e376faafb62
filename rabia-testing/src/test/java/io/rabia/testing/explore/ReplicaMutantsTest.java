package io.rabia.testing.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.testing.mutant.SourceMutant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Protocol.md 10, number 20, as far as it takes whole replicas with their logs. In {@code .ci/run}.
 */
@Tag("long")
class ReplicaMutantsTest {
  private static Map<SourceMutant, Optional<String>> found;

  static List<SourceMutant> mutants() {
    return ReplicaMutants.all();
  }

  static List<SourceMutant> harmless() {
    return ReplicaMutants.harmless();
  }

  @BeforeAll
  static void search() {
    List<SourceMutant> all = new ArrayList<>(mutants());
    all.addAll(harmless());
    found = Side.bySide(all, mutant -> mutant.run(ReplicaCheck.class));
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void plantedBugIsFound(SourceMutant mutant) {
    assertThat(found.get(mutant)).isPresent();
  }

  /** Section 3, rule 7: when a vote leaves is a matter of frames, not of safety or progress. */
  @ParameterizedTest
  @MethodSource("harmless")
  void changeThatMustNotMatterDoesNot(SourceMutant mutant) {
    assertThat(found.get(mutant)).isEmpty();
  }
}
