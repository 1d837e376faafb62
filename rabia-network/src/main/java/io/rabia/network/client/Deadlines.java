package io.rabia.network.client;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Who has waited long enough: for an answer at all, or for one of the server that has the request.
 * Nobody is looked at before the first of them may have. Belongs to the event loop.
 */
final class Deadlines {
  private static final long LONGEST = TimeUnit.DAYS.toNanos(1);

  private final KnownServers servers;
  private long next = System.nanoTime();

  /**
   * @param requests whose time is over; one may be there several times
   * @param attempts whose server is not to be waited for alone
   */
  record Over(List<ClientRequest> requests, List<Attempt> attempts) {}

  Deadlines(KnownServers servers) {
    this.servers = servers;
  }

  /** Somebody waits until then. */
  void at(long time) {
    if (time - next < 0) {
      next = time;
    }
  }

  /** True when somebody may have waited long enough. */
  boolean passed(long now) {
    return now - next >= 0;
  }

  Over over(Collection<ClientRequest> delayed, SessionQueues sessions, long now) {
    next = now + LONGEST;
    Over over = new Over(new ArrayList<>(), new ArrayList<>());
    for (ServerLink link : servers.all()) {
      link.onWire.values().forEach(attempt -> look(attempt, now, over));
      link.waiting.forEach(request -> look(request, now, over));
      link.waitingForThis.forEach(request -> look(request, now, over));
    }
    delayed.forEach(request -> look(request, now, over));
    sessions.forEachWaiting(request -> look(request, now, over));
    return over;
  }

  private void look(Attempt attempt, long now, Over over) {
    ClientRequest request = attempt.request;
    look(request, now, over);
    if (!request.done && request.current == attempt && request.mayMove()) {
      if (now - attempt.patience >= 0) {
        over.attempts.add(attempt);
      } else {
        at(attempt.patience);
      }
    }
  }

  private void look(ClientRequest request, long now, Over over) {
    if (request.done) {
      return;
    }
    if (now - request.deadline >= 0) {
      over.requests.add(request);
    } else {
      at(request.deadline);
    }
  }
}
