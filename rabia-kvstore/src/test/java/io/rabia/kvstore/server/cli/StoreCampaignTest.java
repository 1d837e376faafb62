package io.rabia.kvstore.server.cli;

import static io.rabia.kvstore.server.cli.ServerProcesses.awaitSoon;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.EventPosition;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvEvent;
import io.rabia.kvstore.KvPage;
import io.rabia.kvstore.NotificationFilter;
import io.rabia.kvstore.StoreError;
import io.rabia.kvstore.StoreException;
import io.rabia.kvstore.Subscription;
import io.rabia.kvstore.client.KvClient;
import io.rabia.network.client.ClientConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A bank in the store of real servers of which one after the other is killed, or stopped for a
 * while: transfers by transactions, an auditor who reads all accounts at one slot, and a listener
 * who keeps a copy of the store by its changes alone.
 */
@Tag("integration")
@Tag("long")
@Timeout(180)
class StoreCampaignTest {
  private static final int MEMBERS = 3;
  private static final int ACCOUNTS = 100;
  private static final int TELLERS = 4;
  private static final int BALANCE = 1000;
  private static final int BEHIND = 50_000;
  private static final int DEATH_AFTER = 15_000;
  private static final int LAST_DEATH = MEMBERS * DEATH_AFTER;
  private static final String COUNTER = "counter";
  private static final ClientConfig PATIENT =
      ClientConfig.defaults().withRequestTimeout(Duration.ofSeconds(30));

  @TempDir private Path directory;
  private final AtomicLong transfers = new AtomicLong();
  private volatile boolean done;

  private static String account(int number) {
    return "account:" + (1000 + number);
  }

  /** What the changes make of nothing; every old value must be what the copy has. */
  private static final class Copy {
    private final Map<String, String> entries = new HashMap<>();
    private long version;

    synchronized void take(KvEvent event) {
      assertThat(event.version()).isEqualTo(++version);
      assertThat(text(event.oldValue())).isEqualTo(entries.get(event.keyText()));
      if (event.newValue() == null) {
        entries.remove(event.keyText());
      } else {
        entries.put(event.keyText(), text(event.newValue()));
      }
    }

    synchronized Map<String, String> entries() {
      return Map.copyOf(entries);
    }

    private static String text(byte[] bytes) {
      return bytes == null ? null : new String(bytes, UTF_8);
    }
  }

  /** Those that come back do so by a snapshot, and a log of little. */
  private ServerProcesses start() {
    return new ServerProcesses(directory, MEMBERS, "os")
        .with("--snapshot-slots=200", "--retained-slots=64", "--segment-mb=1")
        .startAll();
  }

  private void transfer(String servers, int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    try (KvClient client = KvClient.connect(servers, PATIENT)) {
      while (!done) {
        String from = account(random.nextInt(ACCOUNTS));
        String to = account(random.nextInt(ACCOUNTS));
        int amount = random.nextInt(50);
        try {
          client.transaction(
              tx -> {
                int have = Integer.parseInt(tx.get(from).orElseThrow());
                if (have >= amount) {
                  tx.set(from, String.valueOf(have - amount));
                  int there = Integer.parseInt(tx.get(to).orElseThrow());
                  tx.set(to, String.valueOf(there + amount));
                }
              });
          transfers.incrementAndGet();
        } catch (StoreException e) {
          assertThat(e.error()).isEqualTo(StoreError.TRANSACTION_CONFLICT);
        }
      }
    }
  }

  private long audit(String servers) {
    List<String> accounts =
        IntStream.range(0, ACCOUNTS).mapToObj(StoreCampaignTest::account).toList();
    long audits = 0;
    try (KvClient client = KvClient.connect(servers, PATIENT)) {
      while (!done) {
        Map<String, String> balances = client.getAll(accounts);
        int total = balances.values().stream().mapToInt(Integer::parseInt).sum();
        assertThat(total).isEqualTo(ACCOUNTS * BALANCE);
        audits++;
      }
    }
    return audits;
  }

  @Test
  void moneyIsNeitherMadeNorLostAndAListenerMissesNothingWhoeverIsKilledOrStopped() {
    ExecutorService threads = Executors.newCachedThreadPool();
    try (ServerProcesses servers = start();
        KvClient client = KvClient.connect(servers.servers(), PATIENT)) {
      Map<String, String> opening = new HashMap<>();
      for (int i = 0; i < ACCOUNTS; i++) {
        opening.put(account(i), String.valueOf(BALANCE));
      }
      client.setAll(opening);
      Copy copy = new Copy();
      Subscription listener =
          client.subscribe(NotificationFilter.all(), EventPosition.afterVersion(0), copy::take);
      List<CompletableFuture<?>> work = new ArrayList<>();
      for (int i = 0; i < TELLERS; i++) {
        int teller = i;
        work.add(CompletableFuture.runAsync(() -> transfer(servers.servers(), teller), threads));
      }
      CompletableFuture<Long> audits =
          CompletableFuture.supplyAsync(() -> audit(servers.servers()), threads);
      for (int killed = 1; killed <= MEMBERS; killed++) {
        awaitTransfers(200);
        servers.kill(List.of(killed));
        awaitTransfers(200);
        servers.start(List.of(killed));
        servers.awaitServing(List.of(killed));
        int stopped = killed % MEMBERS + 1;
        servers.freeze(stopped);
        awaitTransfers(200);
        servers.thaw(stopped);
      }
      done = true;
      work.forEach(CompletableFuture::join);
      assertThat(audits.join()).isGreaterThan(50);
      servers.assertEqual();
      long last = client.statistics().version();
      awaitSoon("all changes")
          .until(() -> listener.position() == last || listener.ended().isDone());
      assertThat(listener.ended()).isNotDone();
      Map<String, String> stored = new HashMap<>();
      for (KvPage.Item item : client.scan(new byte[0])) {
        stored.put(new String(item.key(), UTF_8), new String(item.entry().value(), UTF_8));
      }
      assertThat(copy.entries()).isEqualTo(stored);
    } finally {
      done = true;
      threads.shutdownNow();
    }
  }

  /** It asks one of the servers, each of which dies while it still lacks thousands of changes. */
  @Test
  void aListenerFarBehindGoesOnElsewhereAfterTheDeathOfItsServer() {
    Semaphore gate = new Semaphore(0);
    List<Long> versions = Collections.synchronizedList(new ArrayList<>(BEHIND));
    try (ServerProcesses servers = start();
        KvClient writer = KvClient.connect(servers.servers(), PATIENT);
        KvClient reader = KvClient.connect(servers.servers(), PATIENT)) {
      writer.increment(COUNTER, 1);
      Subscription listener =
          reader.subscribe(
              NotificationFilter.key(COUNTER),
              EventPosition.afterVersion(0),
              event -> {
                versions.add(event.version());
                assertThat(new String(event.newValue(), UTF_8))
                    .isEqualTo(String.valueOf(versions.size()));
                if (versions.size() % DEATH_AFTER == 1 && versions.size() < LAST_DEATH) {
                  gate.acquireUninterruptibly();
                }
              });
      awaitSoon("the first change").until(() -> versions.size() == 1);
      List<KvCommand> increments =
          Collections.nCopies(100, new KvCommand.Increment(COUNTER.getBytes(UTF_8), 1));
      for (int i = 0; i < BEHIND; i += increments.size()) {
        writer.batch(increments);
      }
      for (int killed = 1; killed <= MEMBERS; killed++) {
        int seen = (killed - 1) * DEATH_AFTER + 1;
        awaitSoon(seen + " changes").until(() -> versions.size() == seen);
        servers.kill(List.of(killed));
        gate.release();
        if (killed < MEMBERS) {
          awaitSoon("more changes").until(() -> versions.size() == seen + DEATH_AFTER);
          servers.start(List.of(killed));
          servers.awaitServing(List.of(killed));
        }
      }
      awaitSoon("all changes")
          .until(() -> listener.position() == BEHIND + 1 || listener.ended().isDone());
      assertThat(listener.ended()).isNotDone();
      listener.close();
      listener.ended().join();
      assertThat(versions).isEqualTo(LongStream.rangeClosed(1, BEHIND + 1).boxed().toList());
      System.out.printf("C5: %d changes, each once, over the death of each%n", versions.size());
    } finally {
      gate.release(MEMBERS);
    }
  }

  private void awaitTransfers(long more) {
    long least = transfers.get() + more;
    awaitSoon(more + " transfers").until(() -> transfers.get() >= least);
  }
}
