package io.rabia.network.client;

import static io.rabia.network.client.Machine.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rabia.core.ClusterConfig;
import io.rabia.core.Command;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.network.server.PortStatistics.Event;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Servers that are gone, cannot be found, are there and do not answer, and others that do. */
@Timeout(30)
final class FailOverTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final ClientConfig QUICK =
      ClientConfig.defaults().withRequestTimeout(SOON).withSilence(Duration.ofMillis(400));

  private final Machine one = Machine.start(1);
  private final Machine two = Machine.start(2);
  private final Machine three = Machine.start(3);

  @AfterEach
  void stop() {
    one.close();
    two.close();
    three.close();
  }

  @Test
  void aClientThatWasGivenOneServerFindsTheOthers() {
    Machine.acquaint(one, two, three);
    try (RabiaClient client = RabiaClient.connect(one.address(), QUICK)) {
      assertThat(client.submit(bytes("x"))).succeedsWithin(SOON);
      await().until(() -> client.servers().size() == 3);
      one.close();
      assertThat(client.submit(bytes("x"))).succeedsWithin(SOON);
      assertThat(two.commands.size() + three.commands.size()).isEqualTo(1);
    }
  }

  @Test
  void clientsThatAreToldSoMeetAtTheFirstServerAndThenAtTheNext() {
    ClientConfig config = QUICK.withChoice(ServerChoice.FIRST);
    String list = String.join(",", one.address(), two.address(), three.address());
    List<RabiaClient> clients =
        Stream.generate(() -> RabiaClient.connect(list, config)).limit(20).toList();
    try {
      await().untilAsserted(() -> assertThat(askedBy(clients, one)).isEqualTo(clients.size()));
      one.close();
      await().untilAsserted(() -> assertThat(askedBy(clients, two)).isEqualTo(clients.size()));
    } finally {
      clients.forEach(RabiaClient::close);
    }
  }

  /** How many of them bring their next command to this one. */
  private static int askedBy(List<RabiaClient> clients, Machine machine) {
    machine.commands.clear();
    clients.forEach(client -> assertThat(client.submit(bytes("x"))).succeedsWithin(SOON));
    return machine.commands.size();
  }

  @Test
  void aClientFollowsTheMembersAndKeepsWhatItWasGiven() {
    Machine.acquaint(one, two);
    try (RabiaClient client = RabiaClient.connect(one.address(), QUICK)) {
      assertThat(client.submit(bytes("x"))).succeedsWithin(SOON);
      await().until(() -> client.servers().equals(List.of(one.address(), two.address())));
      Machine.acquaint(one, three);
      await().until(() -> client.servers().equals(List.of(one.address(), three.address())));
      one.members = List.of(two.member(), three.member());
      await().until(() -> client.servers().size() == 3);
      assertThat(client.servers()).containsExactly(one.address(), three.address(), two.address());
      one.close();
      assertThat(client.submit(bytes("x"))).succeedsWithin(SOON);
    }
  }

  @Test
  void aMemberWhoseAddressAServerDoesNotKnowIsNotForgotten() {
    Machine.acquaint(one, two);
    try (RabiaClient client = RabiaClient.connect(one.address(), QUICK)) {
      assertThat(client.submit(bytes("x"))).succeedsWithin(SOON);
      await().until(() -> client.servers().size() == 2);
      one.members =
          List.of(
              one.member(), new ClusterConfig.Member(two.member().id(), "-", 0), three.member());
      await().until(() -> client.servers().contains(three.address()));
      assertThat(client.servers()).contains(two.address());
    }
  }

  @Test
  void aClientThatIsIdleHearsOfNewMembersWhenItsServerIsGone() {
    Machine.acquaint(one, two);
    try (RabiaClient client = RabiaClient.connect(one.address(), QUICK)) {
      assertThat(client.submit(bytes("x"))).succeedsWithin(SOON);
      await().until(() -> client.servers().size() == 2);
      two.members = List.of(two.member(), three.member());
      one.close();
      await().until(() -> client.servers().contains(three.address()));
      two.close();
      assertThat(client.submit(bytes("x"))).succeedsWithin(SOON);
      assertThat(three.commands).hasSize(1);
    }
  }

  @Test
  void aClientThatIsToldSoAsksOnlyWhatItWasGiven() {
    Machine.acquaint(one, two);
    ClientConfig config = QUICK.withFindsMembers(false).withRequestTimeout(Duration.ofMillis(500));
    try (RabiaClient client = RabiaClient.connect(one.address(), config)) {
      assertThat(client.submit(bytes("x"))).succeedsWithin(SOON);
      one.close();
      assertThat(client.submit(bytes("x"))).failsWithin(SOON);
      assertThat(two.count(Event.ACCEPTED)).isZero();
    }
  }

  @Test
  void aNameThatIsLookedUpForLongHoldsNothingUp() {
    CountDownLatch lookedUp = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    ClientConfig config =
        QUICK.withLookup(
            host -> {
              lookedUp.countDown();
              try {
                release.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              throw new UnknownHostException(host);
            });
    try (ClientCore core = ClientCore.connect("slow.invalid:1," + two.address(), config)) {
      CompletableFuture<byte[]> read = read(core, "x");
      assertThat(read).succeedsWithin(SOON).isEqualTo(bytes("X"));
      assertThat(lookedUp.getCount()).isZero();
      release.countDown();
    }
  }

  @Test
  void aNameWithSeveralAddressesIsTriedAtAllOfThem() {
    InetAddress[] both = {InetAddress.getLoopbackAddress(), InetAddress.getLoopbackAddress()};
    try {
      both[0] = InetAddress.getByName("127.0.0.77");
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
    ClientConfig config = QUICK.withLookup(host -> both);
    String named = "both.invalid:" + one.member().port();
    try (ClientCore core = ClientCore.connect(named, config)) {
      assertThat(read(core, "x")).succeedsWithin(SOON).isEqualTo(bytes("X"));
    }
  }

  private static CompletableFuture<byte[]> read(ClientCore core, String text) {
    CompletableFuture<byte[]> future = new CompletableFuture<>();
    core.read(bytes(text), ReadConsistency.LINEARIZABLE, 0, SOON, completing(future));
    return future;
  }

  private static CompletableFuture<byte[]> submit(
      ClientCore core, ClientSession session, String text, Duration timeout) {
    CompletableFuture<byte[]> future = new CompletableFuture<>();
    core.submit(session, bytes(text), 0, timeout, completing(future));
    return future;
  }

  private static ResultHandler completing(CompletableFuture<byte[]> future) {
    return (result, failure) -> {
      if (failure == null) {
        future.complete(result);
      } else {
        future.completeExceptionally(failure);
      }
    };
  }

  @Test
  void whatAServerHasThatThenCannotServeGoesToAnotherOneAtOnce() {
    CompletableFuture<byte[]> never = new CompletableFuture<>();
    one.answers = text -> never;
    Duration ages = Duration.ofMinutes(10);
    try (ClientCore core = ClientCore.connect(one.address() + "," + two.address(), QUICK)) {
      Machine.connectToFirst(core);
      ClientSession session = core.newSession();
      CompletableFuture<byte[]> command = submit(core, session, "a", ages);
      await().until(() -> one.commands.size() == 1);
      CompletableFuture<byte[]> read = new CompletableFuture<>();
      core.read(bytes("b"), ReadConsistency.LINEARIZABLE, 0, ages, completing(read));
      await().until(() -> one.reads.size() == 1);
      one.answers = text -> CompletableFuture.failedFuture(new RabiaException.NoQuorum("alone"));
      assertThat(submit(core, session, "c", ages)).succeedsWithin(SOON);
      assertThat(command).succeedsWithin(Duration.ofSeconds(2)).isEqualTo(bytes("A"));
      assertThat(read).succeedsWithin(Duration.ofSeconds(2)).isEqualTo(bytes("B"));
      Command there = one.commands.peek();
      assertThat(two.commands)
          .as("the same session and number")
          .anyMatch(c -> c.session() == there.session() && c.number() == there.number());
    }
  }

  @Test
  void whatAServerDoesNotAnswerGoesToAnotherOneAfterHalfItsTime() {
    CompletableFuture<byte[]> late = new CompletableFuture<>();
    one.answers = text -> late;
    try (ClientCore core = ClientCore.connect(one.address() + "," + two.address(), QUICK)) {
      Machine.connectToFirst(core);
      CompletableFuture<byte[]> command =
          submit(core, core.newSession(), "a", Duration.ofMillis(1200));
      assertThat(command).succeedsWithin(SOON).isEqualTo(bytes("A"));
      assertThat(two.commands).extracting(Command::number).containsExactly(1L);
      late.complete(bytes("too late"));
      one.answers = text -> CompletableFuture.completedFuture(bytes("one"));
      assertThat(read(core, "x")).succeedsWithin(SOON).isEqualTo(bytes("one"));
      assertThat(one.count(Event.ACCEPTED)).as("the late answer did no harm").isEqualTo(1);
    }
  }

  @Test
  void theFirstServerMayStillBeTheOneThatAnswers() {
    CompletableFuture<byte[]> slow = new CompletableFuture<>();
    one.answers = text -> slow;
    two.answers = text -> new CompletableFuture<>();
    try (ClientCore core = ClientCore.connect(one.address() + "," + two.address(), QUICK)) {
      Machine.connectToFirst(core);
      CompletableFuture<byte[]> command =
          submit(core, core.newSession(), "a", Duration.ofMillis(1200));
      await().until(() -> two.commands.size() == 1);
      slow.complete(bytes("after all"));
      assertThat(command).succeedsWithin(SOON).isEqualTo(bytes("after all"));
    }
  }

  @Test
  void aSessionIsOpenedAgainForACommandThatHasTime() {
    one.opens = CompletableFuture::new;
    ClientConfig config = QUICK.withRequestTimeout(Duration.ofMillis(300));
    try (ClientCore core = ClientCore.connect(one.address(), config)) {
      ClientSession session = core.newSession();
      CompletableFuture<byte[]> patient = submit(core, session, "a", SOON);
      CompletableFuture<byte[]> hasty = submit(core, session, "b", Duration.ofMillis(100));
      assertThat(hasty)
          .failsWithin(SOON)
          .withThrowableThat()
          .withCauseInstanceOf(RabiaException.Network.class);
      await().until(() -> one.opened.get() >= 2);
      assertThat(patient).isNotDone();
      one.opens = () -> CompletableFuture.completedFuture(77L);
      assertThat(patient).succeedsWithin(SOON).isEqualTo(bytes("A"));
    }
  }

  @Test
  void aCommandWhoseSessionCannotBeOpenedWasNotExecutedAndSaysWhy() {
    one.opens = () -> CompletableFuture.failedFuture(new RabiaException.NoQuorum("alone"));
    try (ClientCore core = ClientCore.connect(one.address(), QUICK)) {
      assertThat(submit(core, core.newSession(), "a", Duration.ofMillis(300)))
          .failsWithin(SOON)
          .withThrowableThat()
          .withCauseInstanceOf(RabiaException.NoQuorum.class);
    }
  }
}
