package io.rabia.examples;

import io.rabia.core.NodeId;
import io.rabia.core.ReadConsistency;
import io.rabia.core.statemachine.TypedSubmitter;
import io.rabia.network.client.RabiaClient;
import io.rabia.network.server.RabiaServer;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * A state machine of one's own, replicated and served remotely: buyers compete for the seats of a
 * {@link BoxOffice} through three servers, one of which dies in the middle. Every seat is sold
 * once.
 */
final class CustomStateMachine {
  private static final int NODES = 3;
  private static final int SEATS = 3000;
  private static final int ROUND = 50;
  private static final List<String> BUYERS = List.of("Ada", "Grace", "Edsger");
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final PrintStream out;

  CustomStateMachine(PrintStream out) {
    this.out = out;
  }

  void run() throws IOException, TimeoutException {
    Map<Integer, RabiaServer> servers = new TreeMap<>();
    List<RabiaClient> clients = new ArrayList<>();
    try (LocalCluster cluster = new LocalCluster(NODES, () -> new BoxOffice(SEATS))) {
      cluster.awaitServing();
      for (int id = 1; id <= NODES; id++) {
        servers.put(id, RabiaServer.start(NodeId.of(id), "127.0.0.1:0", cluster.engine(id)));
      }
      String addresses =
          servers.values().stream()
              .map(server -> "127.0.0.1:" + server.port())
              .collect(Collectors.joining(","));
      BUYERS.forEach(buyer -> clients.add(RabiaClient.connect(addresses)));
      out.printf(Locale.ROOT, "Three servers sell %,d seats: %s%n", SEATS, addresses);
      sell(cluster, servers, clients);
    } finally {
      clients.forEach(RabiaClient::close);
      servers.values().forEach(RabiaServer::close);
    }
  }

  private void sell(
      LocalCluster cluster, Map<Integer, RabiaServer> servers, List<RabiaClient> clients)
      throws TimeoutException {
    SortedSet<Long> sold = new TreeSet<>();
    Map<String, Long> bought = new TreeMap<>();
    boolean killed = false;
    for (long last = 1; last > 0; ) {
      last = round(clients, sold, bought);
      if (!killed && sold.size() > SEATS / 2) {
        killed = true;
        out.printf(Locale.ROOT, "Sold %,d. Server %d dies.%n", sold.size(), NODES);
        cluster.kill(NODES);
        servers.remove(NODES).close();
      }
    }
    out.printf(Locale.ROOT, "Sold out: %,d seats, each of them once. %s%n", sold.size(), bought);
    if (sold.size() != SEATS || sold.first() != 1 || sold.last() != SEATS) {
      throw new IllegalStateException("sold " + sold);
    }
    compare(clients, bought);
    cluster.awaitEqual();
  }

  /** Everybody buys some seats at once; returns the last number that anyone got, 0 at the end. */
  private static long round(
      List<RabiaClient> clients, SortedSet<Long> sold, Map<String, Long> bought) {
    Map<String, List<CompletableFuture<Long>>> answers = new TreeMap<>();
    for (int i = 0; i < clients.size(); i++) {
      TypedSubmitter<String, Long> office = office(clients.get(i));
      List<CompletableFuture<Long>> seats = new ArrayList<>();
      for (int n = 0; n < ROUND; n++) {
        seats.add(office.submit(BUYERS.get(i), TIMEOUT));
      }
      answers.put(BUYERS.get(i), seats);
    }
    long last = 0;
    for (Map.Entry<String, List<CompletableFuture<Long>>> entry : answers.entrySet()) {
      for (CompletableFuture<Long> answer : entry.getValue()) {
        long seat = answer.join();
        if (seat > 0 && !sold.add(seat)) {
          throw new IllegalStateException("seat " + seat + " was sold twice");
        }
        bought.merge(entry.getKey(), seat > 0 ? 1L : 0L, Long::sum);
        last = Math.max(last, seat);
      }
    }
    return last;
  }

  private void compare(List<RabiaClient> clients, Map<String, Long> bought) {
    for (String buyer : BUYERS) {
      long seats = office(clients.get(0)).read(buyer, ReadConsistency.LINEARIZABLE, TIMEOUT).join();
      if (seats != bought.get(buyer)) {
        throw new IllegalStateException(buyer + " has " + seats + " seats");
      }
    }
    out.println("Each buyer has as many seats as it was told, nobody paid twice.");
  }

  private static TypedSubmitter<String, Long> office(RabiaClient client) {
    return new TypedSubmitter<>(client, BoxOffice.NAMES, BoxOffice.SEATS);
  }
}
