package io.rabia.leader;

import io.rabia.leader.LeaderView.Election;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Tells what has happened to elections between two looks at the state. One thread. */
final class ElectionWatch {

  /** An election that this process saw begin. */
  private record Open(long since, boolean reported) {}

  private final long timeout;
  private final Consumer<LeaderEvent> events;
  private final Map<String, Open> open = new HashMap<>();
  private LeaderView last = LeaderView.EMPTY;

  ElectionWatch(Duration electionTimeout, Consumer<LeaderEvent> events) {
    timeout = electionTimeout.toNanos();
    this.events = events;
  }

  void update(LeaderView view, long now) {
    if (view.version() > last.version()) {
      for (String name : names(view)) {
        compare(
            name, last.election(name).filter(e -> e.leader() != 0), view.election(name), view, now);
      }
      last = view;
    }
    open.replaceAll((name, election) -> report(name, election, now));
  }

  private Set<String> names(LeaderView view) {
    return java.util.stream.Stream.concat(last.elections().stream(), view.elections().stream())
        .map(Election::name)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private void compare(
      String name, Optional<Election> ledBefore, Optional<Election> now, LeaderView view, long at) {
    long termBefore = ledBefore.map(Election::term).orElse(0L);
    boolean led = now.filter(e -> e.leader() != 0).isPresent();
    long term = led ? now.get().term() : 0;
    if (ledBefore.isPresent() && term != termBefore) {
      events.accept(
          new LeaderEvent.LeaderSteppedDown(name, termBefore, leader(last, ledBefore.get())));
    }
    boolean wanted = now.filter(e -> !e.candidates().isEmpty()).isPresent();
    if (wanted && (term != termBefore || !led) && !open.containsKey(name)) {
      events.accept(
          new LeaderEvent.ElectionStarted(
              name, led ? termBefore : now.get().term(), now.get().candidates().size()));
      open.put(name, new Open(at, false));
    }
    if (led && term != termBefore) {
      Leader leader = leader(view, now.get());
      events.accept(new LeaderEvent.LeaderElected(name, term, leader));
      Open begun = Objects.requireNonNull(open.remove(name));
      events.accept(
          new LeaderEvent.ElectionCompleted(
              name, Optional.of(leader), Duration.ofNanos(at - begun.since())));
    } else if (!wanted) {
      open.remove(name);
    }
  }

  private static Leader leader(LeaderView view, Election election) {
    return view.session(election.leader())
        .map(Leader::of)
        .orElseGet(() -> new Leader(election.leader(), "", Optional.empty()));
  }

  private Open report(String name, Open election, long now) {
    long took = now - election.since();
    if (election.reported() || took < timeout) {
      return election;
    }
    events.accept(
        new LeaderEvent.ElectionCompleted(name, Optional.empty(), Duration.ofNanos(took)));
    return new Open(election.since(), true);
  }
}
