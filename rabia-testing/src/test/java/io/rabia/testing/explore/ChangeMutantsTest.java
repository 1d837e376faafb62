package io.rabia.testing.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.testing.mutant.SourceMutant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Planted errors around changes of the configuration and lost votes. In {@code .ci/run}, too. */
@Tag("long")
class ChangeMutantsTest {
  private static Map<SourceMutant, Optional<String>> found;

  static List<SourceMutant> mutants() {
    return ReplicaMutants.ofChanges();
  }

  @BeforeAll
  static void search() {
    found = Side.bySide(mutants(), mutant -> mutant.run(ChangeCheck.class));
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void plantedBugIsFound(SourceMutant mutant) {
    assertThat(found.get(mutant)).isPresent();
  }

  @Test
  void soundCodePassesTheSameCheck() {
    assertThat(new ChangeCheck().call()).isPositive();
  }
}
