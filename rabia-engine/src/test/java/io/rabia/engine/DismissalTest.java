package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.NodeId;
import io.rabia.core.Token;
import io.rabia.engine.protocol.Configuration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When a process may believe that its member goes on with other votes. */
class DismissalTest {
  private static final NodeId SELF = NodeId.of(3);
  private static final long EPOCH = 7;

  private final Dismissal dismissal = new Dismissal(SELF);

  private static Configuration members(int count) {
    List<Configuration.Member> members = new ArrayList<>();
    for (int id = 1; id <= count; id++) {
      members.add(new Configuration.Member(NodeId.of(id), new Token(id, id), id - 1, "host", id));
    }
    return new Configuration(EPOCH, 0, 128, members);
  }

  private static String words(long epoch) {
    return Dismissal.words(SELF, epoch);
  }

  @ParameterizedTest
  @CsvSource({"3, 2", "4, 2", "5, 3", "7, 4"})
  void takesMoreMembersThanMayFail(int members, int needed) {
    List<Integer> others = List.of(1, 2, 4, 5, 6, 7);
    for (int i = 0; i < needed; i++) {
      assertThat(dismissal.isCertain(members(members))).isFalse();
      dismissal.refused(NodeId.of(others.get(i)), words(EPOCH + 1));
      dismissal.refused(NodeId.of(others.get(i)), words(EPOCH + 2));
    }
    assertThat(dismissal.isCertain(members(members))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "epoch 7: member 3 is connected with other votes",
        "epoch 8: member 30 is connected with other votes",
        "epoch 99999999999999999999: member 3 is connected with other votes",
        "votes of member 1 under the id 3",
        "so it is: epoch 8: member 3 is connected with other votes",
        ""
      })
  void otherWordsDoNotCount(String words) {
    dismissal.refused(NodeId.of(1), words(EPOCH + 1));
    dismissal.refused(NodeId.of(2), words);
    assertThat(dismissal.isCertain(members(3))).isFalse();
  }

  @Test
  void strangersAndItselfDoNotCount() {
    dismissal.refused(NodeId.of(1), words(EPOCH + 1));
    dismissal.refused(SELF, words(EPOCH + 1));
    dismissal.refused(NodeId.of(9), words(EPOCH + 1));
    assertThat(dismissal.isCertain(members(3))).isFalse();
  }

  @Test
  void whoLetsItInHasTakenItBack() {
    dismissal.refused(NodeId.of(1), words(EPOCH + 1));
    dismissal.accepted(NodeId.of(1));
    dismissal.refused(NodeId.of(2), words(EPOCH + 1));
    assertThat(dismissal.isCertain(members(3))).isFalse();
  }
}
