package io.rabia.testing.sim;

import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A log whose groups become durable some time after {@link #flush} returned, one force at a time.
 * Several lives share one: a crash keeps what was durable and a random part of the rest, always a
 * prefix. One thread.
 */
final class SimPersistence implements Storage {
  private final SimClock clock;
  private final SimRandom random;
  private final long forceNanos;
  private final List<byte[]> groups = new ArrayList<>();
  private int durable;
  private long slow;
  private Log log = new Log(Deaths.NONE);

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
        : "has lost the last " + (written - kept) + " of " + written + " groups: not forced";
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
      return Durability.FSYNC;
    }

    @Override
    public long open(GroupHandler replay, Runnable wakeup) {
      this.wakeup = wakeup;
      durable = groups.size();
      read(1, replay);
      return durable;
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
        return;
      }
      forcing = true;
      clock.after(time, () -> forced(end));
    }

    private void forced(int end) {
      if (!dead) {
        forcing = false;
        durable = end;
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
        more = handler.onGroup(i, ByteBuffer.wrap(groups.get(i - 1)).asReadOnlyBuffer());
      }
    }

    @Override
    public long sizeBytes() {
      return groups.stream().mapToLong(group -> group.length).sum();
    }

    @Override
    public void close() {
      dead = true;
      durable = groups.size();
    }
  }
}
