package io.rabia.testing.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.testing.explore.ReplicaExplorer.Also;
import io.rabia.testing.explore.ReplicaExplorer.Result;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Runs of whole replicas that depart from the plain one a bounded number of times. The count of
 * runs is part of the result: a search of the everyday build or of {@code .ci/run} that tries less
 * than it did fails, and one of the longest ones that tries less than about as much.
 */
class ReplicaExplorerTest {
  private static final int EVERYWHERE = Integer.MAX_VALUE;
  private static final List<Situation> OF_CHANGES = List.copyOf(Situation.OF_CHANGES);
  private static final List<Situation> ALL =
      List.of(Situation.values()).subList(0, OF_CHANGES.get(0).ordinal());
  private static final List<Situation> OF_THREE =
      ALL.subList(0, ALL.indexOf(Situation.FOUR_AT_REST));
  private static final List<Situation> OF_MORE = ALL.subList(OF_THREE.size(), ALL.size());
  private static final List<Situation> OF_OFFERS = List.copyOf(Situation.OF_OFFERS);

  private static long explore(
      List<Situation> situations, int departures, int horizon, Also... also) {
    return results(situations, departures, horizon, also).stream().mapToLong(Result::paths).sum();
  }

  private static List<Result> results(
      List<Situation> situations, int departures, int horizon, Also... also) {
    List<Result> results = new ArrayList<>();
    for (Situation situation : situations) {
      Result result = new ReplicaExplorer(situation, departures, horizon, also).explore();
      System.out.println(situation + ": " + result);
      results.add(result);
    }
    return results;
  }

  /** In every run of each situation batches are offered. */
  private static long exploreOffers(int departures, int horizon, Also... also) {
    List<Result> results = results(OF_OFFERS, departures, horizon, also);
    assertThat(results).allSatisfy(r -> assertThat(r.offers()).isGreaterThan(r.paths()));
    return results.stream().mapToLong(Result::paths).sum();
  }

  @Test
  void everyRunWithOneDepartureKeepsItsPromisesAndSettles() {
    assertThat(explore(ALL, 1, EVERYWHERE)).isGreaterThanOrEqualTo(13_143);
  }

  /** Section 3, rule 8. */
  @Test
  void everyRunWithOffersAndOneEarlyDepartureKeepsItsPromisesAndSettles() {
    assertThat(exploreOffers(1, 12)).isGreaterThanOrEqualTo(1_887);
  }

  /** In {@code .ci/run}, too. */
  @Test
  @Tag("long")
  void everyRunWithOffersAndOneDepartureKeepsItsPromisesAndSettles() {
    assertThat(exploreOffers(1, EVERYWHERE)).isGreaterThanOrEqualTo(7_827);
  }

  @Test
  @Tag("long")
  void everyRunWithOffersAndTwoEarlyDeparturesKeepsItsPromisesAndSettles() {
    assertThat(exploreOffers(2, 8)).isGreaterThanOrEqualTo(84_688);
  }

  @Test
  @Tag("long")
  void everyFrameMayComeAgainAndEveryMemberLoseItsVotesWhereBatchesAreOffered() {
    assertThat(exploreOffers(1, 30, Also.LOST_VOTES, Also.OLD_FRAMES))
        .isGreaterThanOrEqualTo(13_267);
  }

  /** Those in which nobody offers because the situation says so. */
  @Test
  @Tag("long")
  void everyRunWithOneDepartureKeepsItsPromisesWhereBatchesAreOfferedToo() {
    List<Result> results = results(ALL, 1, EVERYWHERE, Also.OFFERS);
    assertThat(results.stream().mapToLong(Result::paths).sum()).isGreaterThanOrEqualTo(10_268);
    assertThat(results.stream().mapToLong(Result::offers).sum()).isGreaterThanOrEqualTo(60_000);
  }

  /** In {@code .ci/run}, too. */
  @Test
  @Tag("long")
  void everyRunWithTwoEarlyDeparturesKeepsItsPromisesAndSettles() {
    assertThat(explore(OF_THREE, 2, 12)).isGreaterThanOrEqualTo(102_640);
  }

  /** Number 18: very late, too, and from a former run. */
  @Test
  void everyFrameMayComeAgainAtAnyTime() {
    assertThat(explore(OF_THREE, 1, EVERYWHERE, Also.OLD_FRAMES)).isGreaterThanOrEqualTo(8_918);
  }

  /** Numbers 4, 12, 13 and 16. */
  @Test
  void everyRunWithAChangeAndOneEarlyDepartureKeepsItsPromisesAndSettles() {
    assertThat(explore(OF_CHANGES, 1, 12, Also.LOST_VOTES)).isGreaterThanOrEqualTo(4_144);
  }

  @Test
  @Tag("long")
  void everyFrameMayComeAgainAtAnyTimeAmongMoreThanThree() {
    assertThat(explore(OF_MORE, 1, EVERYWHERE, Also.OLD_FRAMES)).isGreaterThanOrEqualTo(24_500);
  }

  @Test
  @Tag("long")
  void everyMemberMayLoseItsVotesAtAnyTime() {
    assertThat(explore(ALL, 1, EVERYWHERE, Also.LOST_VOTES)).isGreaterThanOrEqualTo(13_900);
  }

  @Test
  @Tag("long")
  void everyRunWithAChangeAndOneDepartureKeepsItsPromisesAndSettles() {
    assertThat(explore(OF_CHANGES, 1, EVERYWHERE, Also.LOST_VOTES, Also.OLD_FRAMES))
        .isGreaterThanOrEqualTo(117_000);
  }

  @Test
  @Tag("long")
  void everyRunWithAChangeAndTwoEarlyDeparturesKeepsItsPromisesAndSettles() {
    assertThat(explore(OF_CHANGES, 2, 4, Also.LOST_VOTES)).isGreaterThanOrEqualTo(12_700);
  }

  @Test
  @Tag("long")
  void everyRunWithTwoDeparturesKeepsItsPromisesAndSettles() {
    assertThat(explore(OF_THREE, 2, EVERYWHERE)).isGreaterThanOrEqualTo(864_000);
  }

  @Test
  @Tag("long")
  void everyRunWithThreeEarlyDeparturesKeepsItsPromisesAndSettles() {
    assertThat(explore(OF_THREE, 3, 9)).isGreaterThanOrEqualTo(1_420_000);
  }

  @Test
  @Tag("long")
  void everyRunAmongMoreThanThreeWithTwoEarlyDeparturesKeepsItsPromisesAndSettles() {
    assertThat(explore(OF_MORE, 2, 30)).isGreaterThanOrEqualTo(700_000);
  }
}
