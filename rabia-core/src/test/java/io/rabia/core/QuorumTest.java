package io.rabia.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class QuorumTest {

  static IntStream sizes() {
    return IntStream.rangeClosed(1, 64);
  }

  @ParameterizedTest
  @CsvSource({"1,1,0", "2,2,0", "3,2,1", "4,3,1", "5,3,2", "6,4,2", "7,4,3", "64,33,31"})
  void hasTheThresholdsOfTheTable(int n, int quorum, int faults) {
    assertThat(Quorum.size(n)).isEqualTo(quorum);
    assertThat(Quorum.faults(n)).isEqualTo(faults);
    assertThat(Quorum.decision(n)).isEqualTo(faults + 1);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void everyQuorumMeetsEveryQuorumAndEveryDecidingSet(int n) {
    assertThat(Quorum.size(n) + Quorum.size(n)).isGreaterThan(n);
    assertThat(Quorum.size(n) + Quorum.decision(n)).isEqualTo(n + 1);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void theMembersLeftAfterTheToleratedCrashesAreAQuorum(int n) {
    assertThat(n - Quorum.faults(n)).isEqualTo(Quorum.size(n));
  }

  @Test
  void refusesAConfigurationWithoutMembers() {
    assertThatIllegalArgumentException().isThrownBy(() -> Quorum.size(0));
  }
}
