package io.rabia.kvstore;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The store as simply as it can be said, for tests: a sorted map of texts, copied before every
 * transaction; and a source of random commands.
 */
final class StoreModel {
  private static final int KEYS = 12;

  private record Value(String text, long version, long expires) {}

  private TreeMap<String, Value> entries = new TreeMap<>();
  private final List<String> events = new ArrayList<>();
  private long version;
  private long now;

  List<String> events() {
    return events;
  }

  Map<String, String> values() {
    Map<String, String> values = new HashMap<>();
    entries.forEach((key, value) -> values.put(key, value.text()));
    return values;
  }

  /** Executes and says what came of it in a few words. */
  String apply(long logTime, KvCommand command) {
    now = logTime;
    List<Map.Entry<String, Value>> over = new ArrayList<>();
    entries.entrySet().stream()
        .filter(e -> e.getValue().expires() != 0 && e.getValue().expires() <= now)
        .sorted(
            Map.Entry.<String, Value>comparingByValue(
                    (a, b) -> Long.compare(a.expires(), b.expires()))
                .thenComparing(Map.Entry.comparingByKey()))
        .forEach(over::add);
    for (Map.Entry<String, Value> entry : over) {
      remove(entry.getKey(), ChangeType.EXPIRED);
    }
    return execute(command);
  }

  private void remove(String key, ChangeType type) {
    version++;
    events.add(version + " " + type + " " + key + " " + entries.remove(key).text() + ">null");
  }

  private String put(String key, String text, long expires) {
    Value old = entries.get(key);
    version++;
    entries.put(key, new Value(text, version, expires));
    events.add(
        version
            + (old == null ? " CREATED " : " UPDATED ")
            + key
            + " "
            + (old == null ? null : old.text())
            + ">"
            + text);
    return "version " + version;
  }

  private String execute(KvCommand command) {
    if (command instanceof KvCommand.Set set) {
      return put(text(set.key()), text(set.value()), 0);
    }
    if (command instanceof KvCommand.Delete delete) {
      int count = 0;
      for (byte[] key : delete.keys()) {
        if (entries.containsKey(text(key))) {
          remove(text(key), ChangeType.DELETED);
          count++;
        }
      }
      return "deleted " + count;
    }
    if (command instanceof KvCommand.CompareAndSet cas) {
      Value old = entries.get(text(cas.key()));
      String expected = cas.expected() == null ? null : text(cas.expected());
      return Objects.equals(old == null ? null : old.text(), expected)
          ? put(text(cas.key()), text(cas.value()), 0)
          : "mismatch " + (old == null ? null : old.text());
    }
    if (command instanceof KvCommand.Increment increment) {
      Value old = entries.get(text(increment.key()));
      if (old != null && !isLong(old.text())) {
        return "NOT_A_NUMBER";
      }
      long sum = (old == null ? 0 : Long.parseLong(old.text())) + increment.by();
      put(text(increment.key()), String.valueOf(sum), old == null ? 0 : old.expires());
      return "number " + sum;
    }
    if (command instanceof KvCommand.Put put) {
      Value old = entries.get(text(put.key()));
      boolean holds =
          switch (put.when()) {
            case ALWAYS -> true;
            case ABSENT -> old == null;
            case PRESENT -> old != null;
          };
      if (!holds) {
        return "mismatch " + (old == null ? null : old.text());
      }
      put(text(put.key()), text(put.value()), expires(old, put.timeToLive()));
      return "replaced " + (old == null ? null : old.text());
    }
    if (command instanceof KvCommand.Expire expire) {
      Value old = entries.get(text(expire.key()));
      if (old == null || expire.timeToLive() == KvCommand.Put.FOREVER && old.expires() == 0) {
        return "exists false";
      }
      put(text(expire.key()), old.text(), expires(old, expire.timeToLive()));
      return "exists true";
    }
    if (command instanceof KvCommand.Append append) {
      Value old = entries.get(text(append.key()));
      String text = (old == null ? "" : old.text()) + text(append.value());
      put(text(append.key()), text, old == null ? 0 : old.expires());
      return "number " + text.length();
    }
    if (command instanceof KvCommand.Take take) {
      Value old = entries.get(text(take.key()));
      if (old == null) {
        return "absent";
      }
      remove(text(take.key()), ChangeType.DELETED);
      return "found " + old.text();
    }
    if (command instanceof KvCommand.Clear) {
      String result = "deleted " + entries.size();
      entries.clear();
      version++;
      events.add(version + " CLEARED");
      return result;
    }
    if (command instanceof KvCommand.Ask ask) {
      Value value = entries.get(text(((KvQuery.Get) ask.query()).key()));
      return value == null ? "absent" : "found " + value.text();
    }
    return command instanceof KvCommand.Tick
        ? "exists false"
        : transact((KvCommand.Transaction) command);
  }

  private static boolean isLong(String text) {
    return text.matches("0|-?[1-9][0-9]*") && new BigInteger(text).bitLength() < Long.SIZE;
  }

  private long expires(@Nullable Value old, long timeToLive) {
    if (timeToLive == KvCommand.Put.KEEP) {
      return old == null ? 0 : old.expires();
    }
    return timeToLive == KvCommand.Put.FOREVER ? 0 : now + timeToLive;
  }

  private String transact(KvCommand.Transaction transaction) {
    boolean held = transaction.conditions().stream().allMatch(this::holds);
    TreeMap<String, Value> before = new TreeMap<>(entries);
    long versionBefore = version;
    int eventsBefore = events.size();
    List<String> results = new ArrayList<>();
    for (KvCommand command : held ? transaction.then() : transaction.otherwise()) {
      String result = execute(command);
      if (result.equals("NOT_A_NUMBER")) {
        entries = before;
        version = versionBefore;
        events.subList(eventsBefore, events.size()).clear();
        return result;
      }
      results.add(result);
    }
    return "held " + held + results;
  }

  private boolean holds(KvCondition condition) {
    Value value = entries.get(text(condition.key()));
    if (condition instanceof KvCondition.HasValue has) {
      return value != null && value.text().equals(text(has.value()));
    }
    if (condition instanceof KvCondition.HasVersion has) {
      return has.version() == (value == null ? 0 : value.version());
    }
    return value != null;
  }

  /** What the store answered, in the same words. */
  static String describe(KvResult result) {
    if (result instanceof KvResult.Stored stored) {
      return "version " + stored.version();
    }
    if (result instanceof KvResult.Deleted deleted) {
      return "deleted " + deleted.count();
    }
    if (result instanceof KvResult.Mismatch mismatch) {
      return "mismatch " + text(mismatch.current());
    }
    if (result instanceof KvResult.Number number) {
      return "number " + number.value();
    }
    if (result instanceof KvResult.Replaced replaced) {
      return "replaced " + text(replaced.old());
    }
    if (result instanceof KvResult.Exists exists) {
      return "exists " + exists.exists();
    }
    if (result instanceof KvResult.Found found) {
      return "found " + text(found.entry());
    }
    if (result instanceof KvResult.Absent) {
      return "absent";
    }
    if (result instanceof KvResult.Failed failed) {
      return failed.error().name();
    }
    KvResult.Transacted transacted = (KvResult.Transacted) result;
    return "held "
        + transacted.held()
        + transacted.results().stream().map(StoreModel::describe).toList();
  }

  static String describe(KvEvent event) {
    if (event.type() == ChangeType.CLEARED) {
      return event.version() + " CLEARED";
    }
    return event.version()
        + " "
        + event.type()
        + " "
        + event.keyText()
        + " "
        + (event.oldValue() == null ? null : text(event.oldValue()))
        + ">"
        + (event.newValue() == null ? null : text(event.newValue()));
  }

  private static @Nullable String text(@Nullable KvEntry entry) {
    return entry == null ? null : text(entry.value());
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** A command on one of a few keys; about one in six is a transaction. */
  KvCommand random(SplittableRandom random) {
    switch (random.nextInt(24)) {
      case 0, 1, 2, 3 -> {
        List<KvCondition> conditions = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
          conditions.add(condition(random));
        }
        return new KvCommand.Transaction(conditions, list(random), list(random));
      }
      case 4 -> {
        return random.nextInt(20) == 0 ? new KvCommand.Clear() : new KvCommand.Tick();
      }
      default -> {
        return single(random);
      }
    }
  }

  private KvCondition condition(SplittableRandom random) {
    byte[] key = key(random);
    Value value = entries.get(text(key));
    return switch (random.nextInt(3)) {
      case 0 ->
          new KvCondition.HasValue(
              key, value == null || random.nextInt(4) == 0 ? value(random) : bytes(value.text()));
      case 1 ->
          new KvCondition.HasVersion(
              key, value == null ? random.nextInt(2) : value.version() + random.nextInt(2));
      default -> new KvCondition.Exists(key);
    };
  }

  private List<KvCommand> list(SplittableRandom random) {
    List<KvCommand> commands = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      commands.add(single(random));
    }
    return commands;
  }

  private KvCommand single(SplittableRandom random) {
    byte[] key = key(random);
    return switch (random.nextInt(9)) {
      case 0 -> new KvCommand.Set(key, value(random));
      case 1 -> new KvCommand.Delete(List.of(key, key(random)));
      case 2 -> {
        Value value = entries.get(text(key));
        yield new KvCommand.CompareAndSet(
            key, value == null ? null : bytes(value.text()), value(random));
      }
      case 3 -> new KvCommand.Increment(key, random.nextInt(-5, 6));
      case 4 -> {
        KvCommand.Put.When[] when = KvCommand.Put.When.values();
        yield new KvCommand.Put(
            key, value(random), when[random.nextInt(when.length)], random.nextInt(-1, 60));
      }
      case 5 -> new KvCommand.Expire(key, random.nextInt(60));
      case 6 -> new KvCommand.Append(key, value(random));
      case 7 -> new KvCommand.Take(key);
      default -> new KvCommand.Ask(new KvQuery.Get(key));
    };
  }

  private static byte[] key(SplittableRandom random) {
    return bytes("k" + random.nextInt(KEYS));
  }

  private static byte[] value(SplittableRandom random) {
    return random.nextInt(4) == 0 ? bytes("x") : bytes(String.valueOf(random.nextInt(100)));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static ByteBuffer encoded(KvCommand command) {
    return ByteBuffer.wrap(KvCodec.encode(command));
  }
}
