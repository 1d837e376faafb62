package io.rabia.testing.sim;

import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.MemorySnapshot;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.persistence.SnapshotReader;
import io.rabia.core.persistence.SnapshotWriter;
import io.rabia.core.statemachine.StateView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A log whose groups become durable some time after {@link #flush} returned, one force at a time.
 * Several lives share one: a crash keeps what was durable and a random part of the rest, always a
 * prefix. One thread.
 */
final class SimPersistence implements Storage {
  private final SimClock clock;
  private final SimRandom random;
  private final long forceNanos;
  private final List<byte @Nullable []> groups = new ArrayList<>();
  private final Deque<Snapshot> snapshots = new ArrayDeque<>();
  private int durable;

  /** Why the groups are not this member's any more, until one of its next life is durable. */
  private @Nullable String lost;

  private long slow;
  private Log log = new Log(Deaths.NONE);

  private record Snapshot(long first, MemorySnapshot content) {}

  SimPersistence(SimClock clock, SimRandom random, long forceNanos) {
    this.clock = clock;
    this.random = random;
    this.forceNanos = forceNanos;
  }

  @Override
  public Persistence open(Deaths deaths) {
    log = new Log(deaths);
    return log;
  }

  @Override
  public String crash(boolean power) {
    log.dead = true;
    int written = groups.size();
    int kept = (int) random.between(durable, written + 1L);
    groups.subList(kept, written).clear();
    durable = kept;
    return kept == written
        ? ""
        : "has lost groups " + (kept + 1) + " to " + written + ": not forced";
  }

  @Override
  public String reboot() {
    return crash(true);
  }

  @Override
  public boolean slow(long nanos) {
    slow = nanos;
    return true;
  }

  @Override
  public @Nullable Flip flipBit() {
    return null;
  }

  @Override
  public Storage copy() {
    SimPersistence copy = new SimPersistence(clock, random.fork(), forceNanos);
    copy.groups.addAll(groups.subList(0, durable));
    copy.snapshots.addAll(snapshots);
    copy.durable = durable;
    copy.lost = lost;
    return copy;
  }

  @Override
  public long unforcedBytes() {
    return 0;
  }

  @Override
  public Durability durability() {
    return Durability.FSYNC;
  }

  @Override
  public boolean hasPageCache() {
    return false;
  }

  @Override
  public String toString() {
    return groups.size()
        + " groups, forced within "
        + 2 * (forceNanos + slow) / SimClock.MICRO
        + " us";
  }

  /** One life's view. */
  private final class Log implements Persistence {
    private final Deaths deaths;
    private Runnable wakeup = () -> {};
    private boolean dead;
    private boolean forcing;
    private int wanted;

    Log(Deaths deaths) {
      this.deaths = deaths;
    }

    @Override
    public Durability durability() {
      return SimPersistence.this.durability();
    }

    @Override
    public long open(GroupHandler replay, Runnable wakeup) {
      this.wakeup = wakeup;
      if (lost != null) {
        replay.onVotesLost(lost);
        groups.clear();
        long first = snapshots.isEmpty() ? 1 : snapshots.getLast().first();
        groups.addAll(Collections.nCopies((int) first - 1, null));
      }
      durable = groups.size();
      show(replay);
      return durable;
    }

    @Override
    public boolean look(GroupHandler handler) {
      if (lost != null) {
        handler.onVotesLost(lost);
      }
      show(handler);
      return groups.stream().anyMatch(group -> group != null);
    }

    private void show(GroupHandler handler) {
      long from = 1;
      if (!snapshots.isEmpty()) {
        from = snapshots.getLast().first();
        try {
          handler.onSnapshot(from, snapshots.getLast().content().stream(0));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      read(from, handler);
    }

    @Override
    public long append(ByteBuffer group) {
      deaths.beforeAction();
      byte[] copy = new byte[group.remaining()];
      group.duplicate().get(copy);
      groups.add(copy);
      return groups.size();
    }

    @Override
    public void flush() {
      deaths.beforeAction();
      wanted = groups.size();
      force();
    }

    private void force() {
      if (forcing || wanted <= durable) {
        return;
      }
      int end = groups.size();
      long time = forceNanos + slow == 0 ? 0 : random.between(1, 2 * (forceNanos + slow));
      if (time == 0) {
        durable = end;
        lost = null;
        return;
      }
      forcing = true;
      clock.after(time, () -> forced(end));
    }

    private void forced(int end) {
      if (!dead) {
        forcing = false;
        durable = end;
        lost = null;
        wakeup.run();
        force();
      }
    }

    @Override
    public long durable() {
      return durable;
    }

    @Override
    public void read(long from, GroupHandler handler) {
      boolean more = true;
      for (int i = (int) from; more && i <= groups.size(); i++) {
        byte[] group = groups.get(i - 1);
        more = group == null || handler.onGroup(i, ByteBuffer.wrap(group).asReadOnlyBuffer());
      }
    }

    @Override
    public long snapshot(long first, StateView content) {
      deaths.beforeAction();
      MemorySnapshot taken = new MemorySnapshot();
      try {
        content.writeTo(taken);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return keep(first, taken);
    }

    private long keep(long first, MemorySnapshot taken) {
      snapshots.removeIf(older -> older.first() >= first);
      snapshots.addLast(new Snapshot(first, taken));
      if (snapshots.size() > 2) {
        snapshots.removeFirst();
      }
      return snapshots.getFirst().first();
    }

    @Override
    public SnapshotWriter beginSnapshot(long first) {
      MemorySnapshot incoming = new MemorySnapshot();
      return new SnapshotWriter() {
        @Override
        public void write(ByteBuffer bytes) {
          deaths.beforeAction();
          incoming.write(bytes);
        }

        @Override
        public long commit() {
          deaths.beforeAction();
          return keep(first, incoming);
        }

        @Override
        public void discard() {}
      };
    }

    @Override
    public @Nullable SnapshotReader openSnapshot() {
      return snapshots.isEmpty() ? null : snapshots.getLast().content();
    }

    @Override
    public void compact(long first) {
      for (int i = (int) first - 2; i >= 0 && groups.get(i) != null; i--) {
        groups.set(i, null);
      }
    }

    @Override
    public void disown(String why, boolean stateIsRight) {
      deaths.beforeAction();
      lost = why;
      if (!stateIsRight) {
        snapshots.clear();
      }
    }

    @Override
    public long sizeBytes() {
      return groups.stream().mapToLong(group -> group == null ? 0 : group.length).sum();
    }

    @Override
    public void close() {
      dead = true;
      durable = groups.size();
    }
  }
}
