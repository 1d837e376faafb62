package io.rabia.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Members come and go while a transport runs. */
class NettyTransportMembersTest {
  private final Polls polls = new Polls();
  private final ClusterConfig all = Loopback.cluster("127.0.0.1", 3);
  private final RecordingListener first = new RecordingListener(1);
  private final RecordingListener third = new RecordingListener(3);
  private final NettyTransport a =
      NettyTransport.builder(first.self, with(all.members().get(0), all.members().get(1)))
          .clientAddress("one", 7201)
          .build();
  private final NettyTransport c =
      NettyTransport.builder(third.self, with(all.members().get(0), all.members().get(2)))
          .clientAddress("three", 7203)
          .build();

  private static ClusterConfig with(ClusterConfig.Member... members) {
    ClusterConfig.Builder cluster = ClusterConfig.builder();
    for (ClusterConfig.Member member : members) {
      cluster.member(member.id(), member.host(), member.port());
    }
    return cluster.build();
  }

  @BeforeEach
  void start() {
    a.start(first);
    c.start(third);
    polls.add(a);
    polls.add(c);
  }

  @AfterEach
  void close() {
    polls.closeAll();
  }

  private boolean connected() {
    return first.connectedTo(3) && third.connectedTo(1);
  }

  @Test
  void aHostNameIsLookedUpAgainAtEveryAttempt() {
    int port = Loopback.cluster("127.0.0.1", 1).members().get(0).port();
    ClusterConfig named =
        ClusterConfig.builder()
            .member(NodeId.of(4), "127.0.0.1", 0)
            .member(NodeId.of(5), "moves.invalid", port)
            .build();
    AtomicReference<String> address = new AtomicReference<>("127.0.0.1");
    NettyTransport dials =
        NettyTransport.builder(NodeId.of(4), named)
            .config(
                NettyTransportConfig.builder().reconnectBackoffMax(Duration.ofMillis(50)).build())
            .lookup(host -> new InetAddress[] {InetAddress.getByName(address.get())})
            .build();
    RecordingListener listener = new RecordingListener(4);
    dials.start(listener);
    polls.add(dials);
    for (int move = 1; move <= 3; move++) {
      address.set("127.0.0." + move);
      NettyTransport moved =
          NettyTransport.builder(NodeId.of(5), named)
              .bind(new InetSocketAddress(address.get(), port))
              .build();
      moved.start(new RecordingListener(5));
      polls.add(moved);
      polls.until("found where it is", () -> listener.connectedTo(5));
      polls.close(moved);
      polls.until("gone", () -> !listener.connectedTo(5));
    }
  }

  @Test
  void oneThatIsNoMemberYetDialsAndIsTakenIn() {
    first.takesStrangers = true;
    c.members(List.of(all.members().get(0)), true);
    polls.until("connected", this::connected);
    assertThat(a.send(third.self, ByteBuffer.wrap(new byte[] {1}))).isTrue();
    assertThat(c.send(first.self, ByteBuffer.wrap(new byte[] {2}))).isTrue();
    a.flush();
    c.flush();
    polls.until("frames", () -> !first.frames.isEmpty() && !third.frames.isEmpty());
  }

  @Test
  void oneThatIsNoMemberIsRefusedWhereNobodyMayJoin() {
    c.members(List.of(all.members().get(0)), true);
    polls.until("refused", () -> a.statistics().refused() > 0);
    assertThat(first.events).isEmpty();
    assertThat(third.events).isEmpty();
  }

  @Test
  void aMemberThatIsNewIsDialed() {
    polls.until("looked around", () -> a.statistics().connects() == 0);
    a.members(List.of(all.members().get(1), all.members().get(2)), false);
    polls.until("connected", this::connected);
  }

  @Test
  void membersTellEachOtherWhereClientsReachThem() {
    ClusterConfig.Member one = new ClusterConfig.Member(first.self, "one", 7201);
    ClusterConfig.Member three = new ClusterConfig.Member(third.self, "three", 7203);
    ClusterConfig.Member two = new ClusterConfig.Member(NodeId.of(2), "-", 0);
    assertThat(a.clientAddresses()).as("two was never there").containsExactly(one, two);
    a.members(List.of(all.members().get(1), all.members().get(2)), false);
    polls.until("connected", this::connected);
    assertThat(a.clientAddresses()).containsExactly(one, two, three);
    assertThat(c.clientAddresses()).containsExactly(one, three);
    a.disconnect(third.self, "for a while");
    assertThat(a.clientAddresses()).as("known while it is away").containsExactly(one, two, three);
    a.members(List.of(all.members().get(1)), false);
    assertThat(a.clientAddresses()).as("no member any more").containsExactly(one, two);
    c.members(List.of(all.members().get(0)), true);
    assertThat(c.clientAddresses()).as("no member itself").containsExactly(one);
  }

  @Test
  void aMemberIsFoundAtAnotherAddress() {
    ClusterConfig.Member elsewhere = new ClusterConfig.Member(third.self, "127.0.0.1", 1);
    a.members(List.of(elsewhere), false);
    polls.until("polled", () -> first.events.isEmpty());
    a.members(List.of(all.members().get(2)), false);
    polls.until("connected", this::connected);
  }

  @Test
  void aMemberThatIsGoneIsNotDialedAgain() {
    a.members(List.of(all.members().get(2)), false);
    polls.until("connected", this::connected);
    a.members(List.of(all.members().get(1)), false);
    assertThat(connected()).as("the connection stays").isTrue();
    a.disconnect(NodeId.of(3), "not needed any more");
    polls.until("told", () -> !first.connectedTo(3) && !third.connectedTo(1));
    a.members(List.of(all.members().get(1), all.members().get(2)), false);
    polls.until("a member again", this::connected);
    assertThat(a.statistics().connects()).isEqualTo(2);
  }
}
