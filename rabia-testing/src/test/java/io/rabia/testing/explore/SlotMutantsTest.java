package io.rabia.testing.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.testing.mutant.SourceMutant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A checker that finds nothing in broken code proves nothing about sound code. Protocol.md 10,
 * number 20.
 */
class SlotMutantsTest {

  static List<SourceMutant> mutants() {
    return SlotMutants.all();
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void plantedBugIsFound(SourceMutant mutant) {
    assertThat(mutant.run(SlotCheck.class)).as(mutant.name()).isPresent();
  }

  @Test
  void soundCodePassesTheSameCheck() {
    assertThat(new SlotCheck().call()).isPositive();
  }
}
