package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.ChangeType;
import io.rabia.kvstore.EventPosition;
import io.rabia.kvstore.KvEvent;
import io.rabia.kvstore.KvListener;
import io.rabia.kvstore.NotificationFilter;
import io.rabia.kvstore.StoreError;
import io.rabia.kvstore.StoreException;
import io.rabia.kvstore.Subscription;
import io.rabia.kvstore.client.KvClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code watch [PREFIX]}: every change, a line each, until it is stopped or has seen enough. */
@Command(
    name = "watch",
    description = "Prints every change as it happens, over failures of servers, each once.")
final class WatchCommand extends ClientCommand {
  /** Beyond the time after which the first question is given up, for what is known of it then. */
  private static final Duration LAST_ANSWER = Duration.ofMillis(200);

  @Parameters(arity = "0..1", paramLabel = "PREFIX", description = "of the keys")
  private String prefix = "";

  @Option(names = "--key", paramLabel = "KEY", description = "this key only; may be repeated")
  private List<String> keys = List.of();

  @Option(
      names = "--type",
      split = ",",
      paramLabel = "TYPE",
      description = "these changes only: ${COMPLETION-CANDIDATES}")
  private List<ChangeType> types = List.of();

  @Option(names = "--from-slot", paramLabel = "SLOT", description = "from the past on")
  private @Nullable Long slot;

  @Option(
      names = "--after",
      paramLabel = "VERSION",
      description = "all after the change with this version")
  private @Nullable Long version;

  @Option(names = "--count", defaultValue = "0", description = "ends after so many (0: never)")
  private long count;

  private long seen;

  @Override
  boolean run(KvClient client) {
    Printer printer = new Printer();
    Subscription subscription = client.subscribe(filter(), position(), printer);
    try {
      subscription.begun().get(timeout().plus(LAST_ANSWER).toMillis(), TimeUnit.MILLISECONDS);
      subscription.ended().join();
    } catch (ExecutionException | CompletionException e) {
      if (e.getCause() instanceof Enough) {
        return true;
      }
      throw StoreException.from(e);
    } catch (TimeoutException e) {
      throw printer.whyItDidNotBegin();
    } catch (InterruptedException e) {
      throw new StoreException(StoreError.SHUTTING_DOWN, "interrupted", e);
    }
    return true;
  }

  /** Tells what happens, on the subscription's thread. */
  private final class Printer implements KvListener {
    private volatile @Nullable StoreException outage;

    StoreException whyItDidNotBegin() {
      StoreException reason = outage;
      return reason == null
          ? new StoreException(StoreError.UNAVAILABLE, "no answer within the timeout", null)
          : reason;
    }

    @Override
    public void onEvent(KvEvent event) {
      tell(event);
      if (++seen == count) {
        throw new Enough();
      }
    }

    @Override
    public void onMissed(long missed) {
      String readable =
          "missed "
              + (missed < 0 ? "an unknown number of" : String.valueOf(missed))
              + " changes: they are not in the history";
      Map<String, @Nullable Object> fields = new LinkedHashMap<>();
      fields.put("missed", missed < 0 ? null : missed);
      printNotDone(readable, fields);
      flush();
    }

    @Override
    public void onOutage(StoreException reason) {
      outage = reason;
      note("no answer, trying again: " + reason.getMessage());
    }

    @Override
    public void onResumed() {
      note("answered again");
    }
  }

  /** Ends the subscription from within. */
  private static final class Enough extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private EventPosition position() {
    Long fromSlot = slot;
    Long after = version;
    if (fromSlot != null) {
      return EventPosition.fromSlot(fromSlot);
    }
    return after == null ? EventPosition.now() : EventPosition.afterVersion(after);
  }

  private NotificationFilter filter() {
    List<NotificationFilter> all = new ArrayList<>();
    all.add(NotificationFilter.keyPrefix(prefix));
    if (!keys.isEmpty()) {
      all.add(
          NotificationFilter.or(
              keys.stream().map(NotificationFilter::key).toArray(NotificationFilter[]::new)));
    }
    if (!types.isEmpty()) {
      all.add(new NotificationFilter.OfType(EnumSet.copyOf(types)));
    }
    return NotificationFilter.and(all.toArray(NotificationFilter[]::new));
  }

  private void tell(KvEvent event) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("type", event.type().name());
    fields.put("version", event.version());
    fields.put("slot", event.slot());
    Output.put(fields, "key", event.key());
    Output.put(fields, "old", event.oldValue());
    Output.put(fields, "new", event.newValue());
    StringBuilder line = new StringBuilder();
    line.append("version=").append(event.version()).append(" slot=").append(event.slot());
    line.append(' ').append(event.type()).append(' ').append(text(event.key()));
    if (event.oldValue() != null || event.newValue() != null) {
      line.append(": ").append(readable(event.oldValue()));
      line.append(" -> ").append(readable(event.newValue()));
    }
    print(line.toString(), fields);
    flush();
  }

  private static @Nullable String readable(byte @Nullable [] value) {
    return value == null ? null : text(value);
  }
}
