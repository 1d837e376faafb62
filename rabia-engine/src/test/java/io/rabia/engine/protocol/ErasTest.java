package io.rabia.engine.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.rabia.core.NodeId;
import io.rabia.core.RabiaException.ChangeRefused;
import io.rabia.core.RabiaException.ChangeRefused.Reason;
import io.rabia.core.Token;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ErasTest {
  private final Eras eras = Configurations.eras(3, 16);

  private static Change change(Eras eras, int alpha, int... ids) {
    List<Change.Entry> entries = new ArrayList<>();
    for (int id : ids) {
      entries.add(new Change.Entry(NodeId.of(id), Configurations.token(id), "host" + id, id));
    }
    return new Change(eras.newest().configuration.epoch(), alpha, entries);
  }

  private Configuration apply(Change change, long slot) {
    return eras.apply(ByteBuffer.wrap(change.encode()), slot);
  }

  private Reason refused(Change change, long slot) {
    long before = eras.hash();
    ChangeRefused refused = catchThrowableOfType(ChangeRefused.class, () -> apply(change, slot));
    assertThat(refused).isNotNull();
    assertThat(eras.hash()).isEqualTo(before);
    return refused.reason();
  }

  @Test
  void aChangeGovernsAWindowAfterItsSlotAndNotBefore() {
    Configuration next = apply(change(eras, 16, 1, 2, 4), 100);
    assertThat(next.firstSlot()).isEqualTo(116);
    assertThat(eras.of(115).configuration.indexOf(NodeId.of(3))).isEqualTo(2);
    assertThat(eras.of(116).configuration).isEqualTo(next);
    assertThat(eras.of(115).index(2)).as("the place of member 3").isEqualTo(2);
    assertThat(eras.of(116).index(2)).as("its votes count no more").isNegative();
    assertThat(eras.of(116).index(eras.place(NodeId.of(4), Configurations.token(4)))).isEqualTo(2);
    assertThat(eras.of(115).index(eras.place(NodeId.of(4), Configurations.token(4)))).isNegative();
  }

  @Test
  void aChangeOfTheWindowGovernsAfterTheLargerOfTheTwo() {
    assertThat(apply(change(eras, 64, 1, 2, 3), 10).firstSlot()).isEqualTo(74);
    assertThat(apply(change(eras, 8, 1, 2, 3), 74).firstSlot()).isEqualTo(138);
  }

  /**
   * Whoever has applied a slots takes part below limit: no change it does not know governs there.
   */
  @Test
  void nobodyTakesPartWhereAChangeThatIsNotAppliedMayGovern() {
    assertThat(eras.limit(9)).isEqualTo(25);
    apply(change(eras, 8, 1, 2, 3), 10);
    for (long applied = 11; applied < 26; applied++) {
      long limit = eras.limit(applied);
      assertThat(limit).as("a change in slot 26 may govern from 34 on").isBetween(26L, 34L);
      assertThat(limit).isGreaterThanOrEqualTo(eras.limit(applied - 1));
    }
    assertThat(eras.limit(26)).isEqualTo(34);
    assertThat(apply(change(eras, 64, 1, 2, 3), 26).firstSlot()).isEqualTo(90);
    for (long applied = 27; applied < 90; applied++) {
      assertThat(eras.limit(applied)).isBetween(Math.min(90, applied + 8), applied + 64);
      assertThat(eras.limit(applied) <= 90 || applied + 8 >= 90).isTrue();
    }
    assertThat(eras.limit(90)).isEqualTo(154);
  }

  @Test
  void noRoundGoesOnUnderAnotherConfiguration() {
    apply(change(eras, 16, 1, 2), 1);
    assertThat(eras.roundEnd(14)).isEqualTo(15);
    assertThat(eras.roundEnd(16)).as("cut short").isEqualTo(17);
    assertThat(eras.roundEnd(17)).isEqualTo(19);
    assertThat(eras.of(17).owner(17)).isZero();
  }

  @Test
  void refusesWhatIsStaleOrPendingOrOfAFormerLife() {
    Change first = change(eras, 16, 1, 2);
    Change second = change(eras, 32, 1, 2, 3);
    apply(first, 5);
    assertThat(refused(second, 20)).as("the first governs from 21 on").isEqualTo(Reason.PENDING);
    assertThat(refused(second, 21)).isEqualTo(Reason.STALE);
    assertThat(refused(change(eras, 16, 1, 2, 3), 21))
        .as("member 3 was there under this token")
        .isEqualTo(Reason.OLD_TOKEN);
    assertThat(refused(change(eras, 16), 21)).isEqualTo(Reason.INVALID);
    assertThat(refused(change(eras, 16, 1, 1), 21)).isEqualTo(Reason.INVALID);
    assertThat(refused(change(eras, 4097, 1, 2), 21)).isEqualTo(Reason.INVALID);
    ChangeRefused noise =
        catchThrowableOfType(
            ChangeRefused.class, () -> eras.apply(ByteBuffer.wrap(new byte[] {1, 2}), 21));
    assertThat(noise.reason()).isEqualTo(Reason.INVALID);
  }

  @Test
  void aReincarnationNamesTheLifeThatItReplacesAndNoOther() {
    Token fresh = new Token(7, 7);
    Configuration founders = eras.newest().configuration;
    Change back = Change.reincarnation(founders, Configurations.token(2), fresh);
    Configuration next = apply(back, 0);
    assertThat(next.members().get(1).token()).isEqualTo(fresh);
    assertThat(next.members().get(1).origin()).as("numbered as it enters").isEqualTo(3);
    assertThat(next.members().get(1).id()).isEqualTo(NodeId.of(2));
    assertThat(refused(back, 16)).isEqualTo(Reason.STALE);
    Change again = Change.reincarnation(next, fresh, Configurations.token(2));
    assertThat(refused(again, 16)).isEqualTo(Reason.OLD_TOKEN);
  }

  @Test
  void rowsOfWhoLeftAreDroppedSixteenWindowsAfterItsReign() {
    apply(change(eras, 16, 1, 2), 4);
    assertThat(eras.takeFarewell(20 + 16 * 16 - 1)).isNegative();
    assertThat(eras.takeFarewell(20 + 16 * 16)).isEqualTo(2);
    assertThat(eras.takeFarewell(Long.MAX_VALUE)).isNegative();
  }

  @Test
  void isTheSameAfterItWasSavedAndLoaded() throws IOException {
    apply(change(eras, 64, 1, 2, 4), 4);
    apply(change(eras, 8, 1, 4), 68);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    eras.save(new DataOutputStream(bytes));
    Eras twin = Configurations.eras(3, 16);
    twin.load(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
    assertThat(twin.hash()).isEqualTo(eras.hash());
    for (long slot : new long[] {0, 67, 68, 131, 132, 1000}) {
      assertThat(twin.of(slot).configuration).isEqualTo(eras.of(slot).configuration);
    }
    assertThat(twin.limit(70)).isEqualTo(eras.limit(70));
    assertThat(twin.widest()).isEqualTo(64);
    assertThat(twin.takeFarewell(Long.MAX_VALUE)).isEqualTo(2);
  }

  @Test
  void aPlaceIsUsedAgainOnlyOnceNobodyNeedsIt() {
    int stranger = eras.place(NodeId.of(9), new Token(9, 9));
    assertThat(stranger).isEqualTo(3);
    eras.peers.get(stranger).connected = true;
    assertThat(eras.place(NodeId.of(8), new Token(8, 8))).isEqualTo(4);
    eras.peers.get(stranger).connected = false;
    assertThat(eras.place(NodeId.of(7), new Token(7, 7))).isEqualTo(3);
    assertThat(eras.peers.get(1).id).as("a member keeps its place").isEqualTo(NodeId.of(2));
  }
}
