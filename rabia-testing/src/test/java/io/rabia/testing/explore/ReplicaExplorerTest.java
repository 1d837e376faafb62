package io.rabia.testing.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.CommonCoin;
import io.rabia.testing.explore.ReplicaExplorer.Result;
import io.rabia.testing.mutant.SourceMutant;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs of whole replicas that depart from the plain one a bounded number of times. */
class ReplicaExplorerTest {
  private static final int EVERYWHERE = Integer.MAX_VALUE;

  static List<SourceMutant> mutants() {
    return ReplicaMutants.all();
  }

  private static Result explore(int departures, int horizon) {
    Result result = new ReplicaExplorer(departures, horizon, CommonCoin.keyed(1, 2)).explore();
    System.out.println(departures + " departures in " + horizon + " steps: " + result);
    return result;
  }

  @Test
  void everyRunWithOneDepartureKeepsItsPromisesAndSettles() {
    assertThat(explore(1, EVERYWHERE).paths()).isGreaterThanOrEqualTo(700);
  }

  @Test
  @Tag("long")
  void everyRunWithTwoEarlyDeparturesKeepsItsPromisesAndSettles() {
    assertThat(explore(2, 25).paths()).isGreaterThanOrEqualTo(50_000);
  }

  @Test
  @Tag("long")
  void everyRunWithTwoDeparturesKeepsItsPromisesAndSettles() {
    assertThat(explore(2, EVERYWHERE).paths()).isGreaterThanOrEqualTo(250_000);
  }

  @Test
  @Tag("long")
  void everyRunWithThreeEarlyDeparturesKeepsItsPromisesAndSettles() {
    assertThat(explore(3, 9).paths()).isGreaterThanOrEqualTo(130_000);
  }

  @ParameterizedTest
  @Tag("long")
  @MethodSource("mutants")
  void plantedBugIsFound(SourceMutant mutant) {
    assertThat(mutant.run(ReplicaCheck.class)).as(mutant.name()).isPresent();
  }
}
