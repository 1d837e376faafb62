package io.rabia.kvstore.server.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.kvstore.KvCodec;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvQuery;
import io.rabia.kvstore.KvResult;
import io.rabia.kvstore.StoreException;
import io.rabia.network.client.ClientConfig;
import io.rabia.network.client.ClientCore;
import io.rabia.network.client.ClientSession;
import io.rabia.network.client.ResultHandler;
import io.rabia.testing.linearizability.KeyValueModel.Input;
import io.rabia.testing.linearizability.KeyValueModel.Output;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Clients that get, set, compare and set, increment, delete and do transactions over several keys,
 * at a moderate pace, each with a server that it asks first and a session of its own, and that hold
 * the servers to all they said: what was done to a key, or to a group of keys by transactions, is
 * linearizable, counters have counted each increment once, every entry of a journal that was
 * acknowledged is there, and what failed as not executed shows nowhere. All of it runs on the
 * client's event loop.
 */
final class MixedLoad implements AutoCloseable {
  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(8);
  private static final int COUNTERS = 3;
  private static final double JOURNAL = 0.1;
  private static final double COUNTER = 0.2;
  private static final double GROUP = 0.55;

  private final ClientCore core;
  private final Duration timeout;
  private final int servers;
  private final CheckedKeys<Input, Output, Optional<String>> registers =
      new CheckedKeys<>("register-", new Registers());
  private final CheckedKeys<Groups.Input, Groups.Output, List<Optional<String>>> groups =
      new CheckedKeys<>("group-", new Groups());
  private final Pulse[] pulses;
  private final AtomicLong writes = new AtomicLong();
  private final AtomicLong errors = new AtomicLong();
  private final AtomicLong refusedEntries = new AtomicLong();
  private final AtomicLong refusedIncrements = new AtomicLong();
  private final Map<String, Long> failures = new TreeMap<>();
  private final List<String> journal = new ArrayList<>();
  private final List<String> refused = new ArrayList<>();
  private final long[] counted = new long[COUNTERS];
  private final long[] uncertain = new long[COUNTERS];
  private final CompletableFuture<@Nullable Void> idle = new CompletableFuture<>();
  private long numbers;
  private int outstanding;
  private boolean stopped;

  /**
   * @param timeout of an operation, fail-over included
   */
  MixedLoad(String addresses, int clients, Duration timeout) {
    this.timeout = timeout;
    core = ClientCore.connect(addresses, ClientConfig.defaults().withRequestTimeout(timeout));
    servers = core.servers().size();
    pulses = IntStream.range(0, servers).mapToObj(i -> new Pulse()).toArray(Pulse[]::new);
    List<Worker> workers = IntStream.range(0, clients).mapToObj(Worker::new).toList();
    core.eventLoop().execute(() -> workers.forEach(Worker::next));
  }

  /** Writes acknowledged until now. */
  long writes() {
    return writes.get();
  }

  /** Operations of unknown outcome, or refused for want of a server, until now. */
  long errors() {
    return errors.get();
  }

  /** Entries of the journal, or increments if they are fewer, refused until now. */
  long refusals() {
    return Math.min(refusedEntries.get(), refusedIncrements.get());
  }

  /** The answers to the clients that ask this member first. */
  Pulse pulse(int id) {
    return pulses[id - 1];
  }

  /**
   * Lets what is outstanding come to its end and compares all that was answered with what the
   * servers have.
   *
   * @return what was found wrong, and in the first line what was looked at
   */
  List<String> finish() throws InterruptedException {
    core.eventLoop()
        .execute(
            () -> {
              stopped = true;
              completeIfIdle();
            });
    idle.join();
    List<String> found = new ArrayList<>(registers.finish());
    found.addAll(groups.finish());
    for (int i = 0; i < COUNTERS; i++) {
      long value = Long.parseLong(read(counter(i)).join().orElse("0"));
      if (value < counted[i] || value > counted[i] + uncertain[i]) {
        found.add(
            counter(i) + " is " + value + ": " + counted[i] + " to " + uncertain[i] + " more");
      }
    }
    found.addAll(otherThan(journal, true));
    found.addAll(otherThan(refused, false));
    found.add(
        0,
        "checked="
            + registers.operations()
            + " grouped="
            + groups.operations()
            + " counted="
            + IntStream.range(0, COUNTERS).mapToLong(i -> counted[i]).sum()
            + " journal="
            + journal.size()
            + " refused="
            + refused.size()
            + " failures="
            + failures);
    return found;
  }

  /** The entries that are there, or not there, in spite of what was answered. */
  private List<String> otherThan(List<String> entries, boolean there) {
    List<String> wrong = new ArrayList<>();
    int together = 512;
    for (int from = 0; from < entries.size(); from += together) {
      List<String> some = entries.subList(from, Math.min(entries.size(), from + together));
      List<CompletableFuture<Optional<String>>> values = some.stream().map(this::read).toList();
      for (int i = 0; i < some.size(); i++) {
        Optional<String> value = values.get(i).join();
        if (!value.equals(there ? Optional.of(some.get(i)) : Optional.empty())) {
          wrong.add(
              some.get(i)
                  + " was "
                  + (there ? "acknowledged" : "not executed")
                  + " and is "
                  + value);
        }
      }
    }
    return wrong;
  }

  private CompletableFuture<Optional<String>> read(String key) {
    CompletableFuture<Optional<String>> value = new CompletableFuture<>();
    core.read(
        KvCodec.encode(new KvQuery.Get(key.getBytes(UTF_8))),
        ReadConsistency.LINEARIZABLE,
        0,
        timeout,
        (result, failure) -> {
          if (result == null) {
            value.completeExceptionally(failure);
          } else {
            value.complete(
                KvCodec.decodeResult(result) instanceof KvResult.Found found
                    ? Optional.of(text(found.entry().value()))
                    : Optional.empty());
          }
        });
    return value;
  }

  private static boolean mayBeExecuted(RabiaException failure) {
    return StoreException.from(failure).outcomeUnknown();
  }

  private static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }

  private static String counter(int index) {
    return "counter-" + index;
  }

  /** No other write has it, whatever was added to either. */
  private String newValue() {
    return Long.toString(++numbers * 100_000);
  }

  private void completeIfIdle() {
    if (stopped && outstanding == 0) {
      idle.complete(null);
    }
  }

  @Override
  public void close() {
    core.close();
  }

  private final class Worker {
    private final int index;
    private final int first;
    private final ClientSession session = core.newSession();
    private final SplittableRandom random = new SplittableRandom();
    private long began;

    Worker(int index) {
      this.index = index;
      first = index % servers;
    }

    void next() {
      if (stopped) {
        return;
      }
      outstanding++;
      began = System.nanoTime();
      double kind = random.nextDouble();
      if (kind < JOURNAL) {
        append();
      } else if (kind < COUNTER) {
        count();
      } else if (kind < GROUP) {
        operate(groups);
      } else {
        operate(registers);
      }
    }

    private void ended(boolean write, @Nullable RabiaException failure) {
      long now = System.nanoTime();
      if (failure == null) {
        pulses[first].beat(now);
        writes.addAndGet(write ? 1 : 0);
      } else {
        errors.incrementAndGet();
        failures.merge(failure.getClass().getSimpleName(), 1L, Long::sum);
      }
      outstanding--;
      completeIfIdle();
      long wait = Math.max(0, began + PERIOD_NANOS - now);
      core.eventLoop().schedule(this::next, wait, TimeUnit.NANOSECONDS);
    }

    /** A key that is written once, with its own name. */
    private void append() {
      String entry = "entry-" + ++numbers;
      byte[] bytes = entry.getBytes(UTF_8);
      submit(
          new KvCommand.Set(bytes, bytes),
          (result, failure) -> {
            if (result instanceof KvResult.Stored) {
              journal.add(entry);
            } else if (failure != null && !mayBeExecuted(failure)) {
              refused.add(entry);
              refusedEntries.incrementAndGet();
            }
            ended(true, failure);
          });
    }

    private void count() {
      int which = random.nextInt(COUNTERS);
      long by = random.nextLong(1, 10);
      submit(
          new KvCommand.Increment(counter(which).getBytes(UTF_8), by),
          (result, failure) -> {
            if (failure == null) {
              counted[which] += by;
            } else if (mayBeExecuted(failure)) {
              uncertain[which] += by;
            } else {
              refusedIncrements.incrementAndGet();
            }
            ended(true, failure);
          });
    }

    private <I, O, S> void operate(CheckedKeys<I, O, S> keys) {
      CheckedWork<I, O, S> work = keys.work();
      CheckedKeys<I, O, S>.Key key = keys.begin(random);
      I input = work.random(random, key.name, key.seen(), MixedLoad.this::newValue);
      KvQuery query = work.query(input);
      long invoked = began;
      BiConsumer<@Nullable KvResult, @Nullable RabiaException> then =
          (result, failure) -> {
            if (result != null) {
              key.ended(index, input, work.output(input, result), invoked, System.nanoTime());
            } else {
              key.failed(index, input, mayBeExecuted(failure), invoked);
            }
            ended(query == null, failure);
          };
      if (query == null) {
        submit(work.command(input), then);
      } else {
        core.read(
            KvCodec.encode(query), ReadConsistency.LINEARIZABLE, first, timeout, decoding(then));
      }
    }

    private void submit(
        KvCommand command, BiConsumer<@Nullable KvResult, @Nullable RabiaException> then) {
      core.submit(session, KvCodec.encode(command), first, timeout, decoding(then));
    }
  }

  private ResultHandler decoding(BiConsumer<@Nullable KvResult, @Nullable RabiaException> then) {
    return (result, failure) -> {
      try {
        then.accept(result == null ? null : KvCodec.decodeResult(result), failure);
      } catch (RuntimeException e) {
        idle.completeExceptionally(e);
      }
    };
  }
}
