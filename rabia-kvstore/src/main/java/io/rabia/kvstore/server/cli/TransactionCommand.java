package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvCondition;
import io.rabia.kvstore.KvQuery;
import io.rabia.kvstore.KvResult;
import io.rabia.kvstore.client.KvClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/**
 * {@code txn [if CONDITION [and CONDITION]...] then OPERATION [and OPERATION]... [else OPERATION
 * [and OPERATION]...]}.
 */
@Command(
    name = "txn",
    description = {
      "Does one list of operations or another, all at once; exit code 1 when it was the other.",
      "txn [if CONDITION [and CONDITION]...] then OPERATION [and OPERATION]... [else OPERATION ...]",
      "CONDITION: KEY = VALUE, KEY version N, exists KEY, absent KEY",
      "OPERATION: set KEY VALUE [ttl SECONDS], del KEY, incr KEY N, append KEY VALUE, get KEY,"
          + " take KEY, expire KEY SECONDS|never, ttl KEY"
    })
final class TransactionCommand extends ClientCommand {
  private static final List<String> NAMES =
      List.of("set", "del", "incr", "append", "get", "take", "expire", "ttl");
  private static final String OPERATIONS = "one of " + String.join(", ", NAMES);

  @Parameters(arity = "1..*", paramLabel = "WORD")
  private List<String> words = List.of();

  private int at;

  @Override
  boolean run(KvClient client) {
    List<KvCondition> conditions = new ArrayList<>();
    List<KvCommand> then;
    List<KvCommand> otherwise;
    try {
      if (skip("if")) {
        do {
          conditions.add(condition());
        } while (skip("and"));
      }
      if (!skip("then")) {
        throw new IllegalArgumentException("'then' and what is to be done");
      }
      then = operations();
      otherwise = skip("else") ? operations() : List.of();
      if (at < words.size()) {
        throw new IllegalArgumentException("'and' or 'else'");
      }
    } catch (IllegalArgumentException | NoSuchElementException e) {
      String where =
          at < words.size() ? "word " + (at + 1) + ", '" + words.get(at) + "'" : "the end";
      throw new ParameterException(
          spec().commandLine(), "at " + where + " txn wants " + e.getMessage());
    }
    KvResult.Transacted done = client.transaction(conditions, then, otherwise);
    print(done.held() ? "then" : "else", Map.of("held", done.held()));
    done.results().forEach(this::tell);
    return done.held();
  }

  private String next(String what) {
    if (at >= words.size()) {
      throw new NoSuchElementException(what);
    }
    return words.get(at++);
  }

  private boolean skip(String word) {
    if (at < words.size() && words.get(at).equals(word)) {
      at++;
      return true;
    }
    return false;
  }

  private long number() {
    String text = next("a number");
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      at--;
      throw new IllegalArgumentException("a number");
    }
  }

  private KvCondition condition() {
    if (skip("exists")) {
      return KvCondition.exists(next("a key"));
    }
    if (skip("absent")) {
      return KvCondition.absent(next("a key"));
    }
    String key = next("a condition");
    if (skip("version")) {
      long version = number();
      if (version < 0) {
        throw new IllegalArgumentException("a version of 0 or more");
      }
      return KvCondition.hasVersion(key, version);
    }
    if (skip("=")) {
      return KvCondition.hasValue(key, next("a value"));
    }
    throw new IllegalArgumentException("'=' or 'version'");
  }

  private List<KvCommand> operations() {
    List<KvCommand> operations = new ArrayList<>();
    do {
      operations.add(operation());
    } while (skip("and"));
    return operations;
  }

  private KvCommand operation() {
    String name = next(OPERATIONS);
    if (!NAMES.contains(name)) {
      at--;
      throw new IllegalArgumentException(OPERATIONS);
    }
    byte[] key = bytes(next("a key"));
    return switch (name) {
      case "set" -> set(key, bytes(next("a value")));
      case "del" -> new KvCommand.Delete(List.of(key));
      case "incr" -> new KvCommand.Increment(key, number());
      case "append" -> new KvCommand.Append(key, bytes(next("a value")));
      case "take" -> new KvCommand.Take(key);
      case "expire" -> new KvCommand.Expire(key, skip("never") ? KvCommand.Put.FOREVER : nanos());
      case "ttl" -> new KvCommand.Ask(new KvQuery.TimeToLive(key));
      default -> new KvCommand.Ask(new KvQuery.Get(key));
    };
  }

  private KvCommand set(byte[] key, byte[] value) {
    return skip("ttl")
        ? new KvCommand.Put(key, value, KvCommand.Put.When.ALWAYS, nanos())
        : new KvCommand.Set(key, value);
  }

  private long nanos() {
    String text = next("seconds");
    try {
      long nanos = TimeToLive.of(Double.parseDouble(text)).toNanos();
      if (nanos > 0) {
        return nanos;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    at--;
    throw new IllegalArgumentException("seconds above 0");
  }

  private void tell(KvResult result) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    if (result instanceof KvResult.Stored stored) {
      fields.put("version", stored.version());
      print("stored version=" + stored.version(), fields);
    } else if (result instanceof KvResult.Replaced replaced) {
      fields.put("version", replaced.version());
      print("stored version=" + replaced.version(), fields);
    } else if (result instanceof KvResult.Exists changed) {
      fields.put("changed", changed.exists());
      print(changed.exists() ? "changed" : "not changed", fields);
    } else if (result instanceof KvResult.Remaining left) {
      boolean ends = left.nanos() != KvCommand.Put.FOREVER;
      double seconds = TimeToLive.seconds(Duration.ofNanos(left.nanos()));
      fields.put("seconds", ends ? seconds : null);
      print(ends ? String.valueOf(seconds) : "no time to live", fields);
    } else if (result instanceof KvResult.Deleted deleted) {
      fields.put("deleted", deleted.count() == 1);
      print(deleted.count() == 1 ? "deleted" : "not found", fields);
    } else if (result instanceof KvResult.Number number) {
      fields.put("number", number.value());
      print(String.valueOf(number.value()), fields);
    } else if (result instanceof KvResult.Found found) {
      fields.put("found", true);
      Output.putValue(fields, found.entry().value());
      print(text(found.entry().value()), fields);
    } else {
      fields.put("found", false);
      print("not found", fields);
    }
  }
}
