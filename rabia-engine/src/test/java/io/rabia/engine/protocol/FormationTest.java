package io.rabia.engine.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Token;
import io.rabia.core.message.Message;
import io.rabia.engine.protocol.Formation.Outgoing;
import java.util.List;
import org.junit.jupiter.api.Test;

class FormationTest {
  private static final ClusterConfig CLUSTER =
      ClusterConfig.builder().name("c").alpha(16).members("1=a:1,2=b:2,3=c:3").build();
  private static final long SECRET = 77;
  private static final NodeId A = NodeId.of(1);
  private static final NodeId B = NodeId.of(2);
  private static final NodeId C = NodeId.of(3);

  private static Token token(NodeId id) {
    return Configurations.token(id.value());
  }

  private static Formation formation(NodeId id) {
    return formation(id, token(id));
  }

  private static Formation formation(NodeId id, Token token) {
    Formation formation = new Formation(CLUSTER, id, token, SECRET, 1000);
    formation.start();
    return formation;
  }

  private static Message ask(Token founder) {
    return new Message.FormationAsk(founder);
  }

  private static Message promise(Token founder, Token own) {
    return new Message.FormationPromise(founder, own);
  }

  /** The INIT of a founder that has everybody's promise. */
  private static Init founded(Token founder) {
    Formation formation = formation(A, founder);
    formation.onPromise(B, founder, token(B));
    formation.onPromise(C, founder, token(C));
    Init init = formation.init();
    assertThat(init).isNotNull();
    return init;
  }

  // ---- the founder

  @Test
  void theFounderAsksWhomItMeets() {
    Formation founder = formation(A);
    founder.onConnected(B);
    assertThat(founder.takeMessages()).containsExactly(new Outgoing(B, ask(token(A))));
    assertThat(founder.takeMessages()).isEmpty();
    assertThat(founder.takeRecords()).isEmpty();
  }

  @Test
  void theFounderAsksAgainWhoHasNotPromised() {
    Formation founder = formation(A);
    founder.onPromise(B, token(A), token(B));
    founder.repeat();
    assertThat(founder.takeMessages()).containsExactly(new Outgoing(C, ask(token(A))));
  }

  @Test
  void aPromiseIsSaidAgainToAllUntilThereIsAnInit() {
    Formation other = formation(B);
    other.repeat();
    assertThat(other.takeMessages()).as("nothing is promised yet").isEmpty();
    other.onAsk(A, token(A));
    other.takeMessages();
    other.takeRecords();
    other.repeat();
    assertThat(other.takeMessages())
        .containsExactly(
            new Outgoing(A, promise(token(A), token(B))),
            new Outgoing(C, promise(token(A), token(B))));
    assertThat(other.takeRecords()).as("promised before").isEmpty();
    other.onInit(founded(token(A)), token(C));
    other.takeMessages();
    other.repeat();
    assertThat(other.takeMessages()).isEmpty();
  }

  @Test
  void onlyTheFirstOfTheListFounds() {
    Formation other = formation(B);
    other.onConnected(A);
    other.onPromise(A, token(B), token(A));
    other.onPromise(C, token(B), token(C));
    assertThat(other.takeMessages()).isEmpty();
    assertThat(other.init()).isNull();
  }

  @Test
  void theFounderWritesInitOnceItHasEveryPromise() {
    Formation founder = formation(A);
    founder.onPromise(B, token(A), token(B));
    founder.onPromise(B, token(A), token(B));
    assertThat(founder.init()).as("a quorum is not enough").isNull();
    founder.onPromise(C, token(A), token(C));
    Init init = founder.init();
    assertThat(init).isNotNull();
    assertThat(init.members())
        .extracting(m -> m.token())
        .containsExactly(token(A), token(B), token(C));
    assertThat(init.members()).extracting(m -> m.origin()).containsExactly(0, 1, 2);
    assertThat(init.alpha()).isEqualTo(16);
    assertThat(init.clockStart()).isEqualTo(1000);
    assertThat(founder.takeRecords()).containsExactly(new Message.Init(init.encode()));
    assertThat(founder.takeMessages()).extracting(Outgoing::to).containsExactly(B, C);
  }

  @Test
  void theFounderTakesTheLatestTokenOfAMember() {
    Formation founder = formation(A);
    founder.onPromise(B, token(A), new Token(9, 9));
    founder.onPromise(B, token(A), token(B));
    founder.onPromise(C, token(A), token(C));
    Init init = founder.init();
    assertThat(init).isNotNull();
    assertThat(init.members().get(1).token()).isEqualTo(token(B));
  }

  @Test
  void aPromiseToAnotherFounderOrOfAStrangerDoesNotCount() {
    Formation founder = formation(A);
    founder.onPromise(B, new Token(5, 5), token(B));
    founder.onPromise(NodeId.of(9), token(A), new Token(9, 9));
    founder.onPromise(C, token(A), token(C));
    assertThat(founder.init()).isNull();
  }

  @Test
  void aFounderThatHoldsAnInitWritesNoOther() {
    Formation founder = formation(A);
    founder.onPromise(B, token(A), token(B));
    Init existing = founded(token(A));
    founder.onInit(existing, token(B));
    founder.onPromise(C, token(A), new Token(9, 9));
    founder.onConnected(C);
    assertThat(founder.init()).isEqualTo(existing);
    assertThat(founder.takeMessages()).noneMatch(out -> out.message().equals(ask(token(A))));
    assertThat(founder.takeRecords()).hasSize(1);
  }

  @Test
  void oneMemberFoundsAlone() {
    Formation alone =
        new Formation(ClusterConfig.parse("4=h:1"), NodeId.of(4), token(A), SECRET, 1000);
    alone.start();
    assertThat(alone.init()).isNotNull();
    assertThat(alone.takeMessages()).isEmpty();
  }

  // ---- the others

  @Test
  void aPromiseIsLoggedBeforeItIsSaid() {
    Formation member = formation(B);
    member.onAsk(A, token(A));
    assertThat(member.takeRecords()).containsExactly(promise(token(A), token(B)));
    assertThat(member.takeMessages()).containsExactly(new Outgoing(A, promise(token(A), token(B))));
  }

  @Test
  void aPromiseIsSaidAgainAndLoggedOnce() {
    Formation member = formation(B);
    member.onAsk(A, token(A));
    member.onAsk(A, token(A));
    assertThat(member.takeRecords()).hasSize(1);
    assertThat(member.takeMessages()).hasSize(2);
  }

  @Test
  void neverGoesBackToAFounderThatItLeft() {
    Token later = new Token(50, 50);
    Formation member = formation(B);
    member.onAsk(A, token(A));
    member.onAsk(A, later);
    member.takeRecords();
    member.takeMessages();
    member.onAsk(A, token(A));
    assertThat(member.takeMessages()).isEmpty();
    assertThat(member.takeRecords()).isEmpty();
    member.onInit(founded(token(A)), token(C));
    assertThat(member.init()).as("the INIT of the founder that was left").isNull();
    Init init = founded(later);
    member.onInit(init, token(C));
    assertThat(member.init()).isEqualTo(init);
  }

  @Test
  void takesTheInitOfAnEarlierFounderFromTheOneThatItPromisedLast() {
    Token later = new Token(50, 50);
    Init init = founded(token(A));
    Formation member = formation(B);
    member.onAsk(A, token(A));
    member.onAsk(A, later);
    member.onInit(init, token(C));
    assertThat(member.init()).as("of one to whom nothing was promised").isNull();
    member.onInit(init, later);
    assertThat(member.init()).isEqualTo(init);
  }

  @Test
  void keepsItsPromisesOverARestart() {
    Token later = new Token(50, 50);
    Formation restarted = formation(B);
    restarted.restorePromise(token(A));
    restarted.restorePromise(later);
    restarted.onAsk(A, token(A));
    assertThat(restarted.takeMessages()).isEmpty();
    restarted.onAsk(A, later);
    assertThat(restarted.takeMessages()).hasSize(1);
    assertThat(restarted.takeRecords()).as("is in the log already").isEmpty();
  }

  @Test
  void takesNoInitWithoutHavingPromised() {
    Formation member = formation(B);
    member.onInit(founded(token(A)), token(C));
    assertThat(member.init()).isNull();
    assertThat(member.takeRecords()).isEmpty();
  }

  @Test
  void takesOneInitAndPassesItOn() {
    Init init = founded(token(A));
    Formation member = formation(B);
    member.onAsk(A, token(A));
    member.takeRecords();
    member.takeMessages();
    member.onInit(init, token(C));
    member.onInit(init, token(C));
    assertThat(member.init()).isEqualTo(init);
    assertThat(member.takeRecords()).containsExactly(new Message.Init(init.encode()));
    assertThat(member.takeMessages()).extracting(Outgoing::to).containsExactly(A, C);
    member.onAsk(A, new Token(50, 50));
    assertThat(member.takeMessages()).as("an INIT ends all promises").isEmpty();
  }

  @Test
  void anInitWithoutItsOwnVotesStopsAMember() {
    Init init = founded(token(A));
    Formation wiped = formation(B, new Token(60, 60));
    wiped.onAsk(A, token(A));
    assertThatExceptionOfType(RabiaException.NotAMember.class)
        .isThrownBy(() -> wiped.onInit(init, token(C)))
        .withMessageContaining("--initial existing");
    assertThat(wiped.init()).isNull();
  }

  @Test
  void anInitOfAnotherClusterIsRefused() {
    List<Configuration.Member> members = founded(token(A)).members();
    Formation member = formation(B);
    member.onAsk(A, token(A));
    assertThatExceptionOfType(RabiaException.WrongCluster.class)
        .isThrownBy(() -> member.onInit(new Init("other", members, 16, SECRET, 1000), token(C)));
    assertThatExceptionOfType(RabiaException.WrongCluster.class)
        .isThrownBy(() -> member.onInit(new Init("c", members, 16, SECRET + 1, 1000), token(C)));
    assertThat(member.init()).isNull();
  }
}
