package io.rabia.testing.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.testing.mutant.SourceMutant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A checker that finds nothing in broken code proves nothing about sound code. Protocol.md 10,
 * number 20.
 */
class SlotMutantsTest {
  private static Map<SourceMutant, Optional<String>> found;

  static List<SourceMutant> mutants() {
    return SlotMutants.all();
  }

  @BeforeAll
  static void search() {
    found = Side.bySide(mutants(), mutant -> mutant.run(SlotCheck.class));
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void plantedBugIsFound(SourceMutant mutant) {
    assertThat(found.get(mutant)).isPresent();
  }

  @Test
  void soundCodePassesTheSameCheck() {
    assertThat(new SlotCheck().call()).isPositive();
  }
}
