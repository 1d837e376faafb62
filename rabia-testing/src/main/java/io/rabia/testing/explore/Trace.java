package io.rabia.testing.explore;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.message.Message;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What happened, in words, if anyone wants to know. One thread. */
final class Trace {
  private final @Nullable List<String> lines;

  Trace(boolean wanted) {
    lines = wanted ? new ArrayList<>() : null;
  }

  boolean wanted() {
    return lines != null;
  }

  void add(String line) {
    if (lines == null) {
      return;
    }
    int last = lines.size() - 1;
    if (last < 0 || !lines.get(last).replaceFirst(" x\\d+$", "").equals(line)) {
      lines.add(line);
    } else {
      String times = lines.get(last).substring(line.length());
      lines.set(
          last, line + " x" + (times.isEmpty() ? 2 : Integer.parseInt(times.substring(2)) + 1));
    }
  }

  /** The lines since the last call. */
  List<String> take() {
    if (lines == null) {
      return List.of();
    }
    List<String> taken = List.copyOf(lines);
    lines.clear();
    return taken;
  }

  /** A frame in one line. */
  static String describe(List<Message> messages) {
    return String.join(", ", messages.stream().map(Trace::describe).toList());
  }

  private static String describe(Message message) {
    if (message instanceof Message.Propose propose) {
      return "Propose " + propose.slot() + " = " + value(propose.id(), propose.batch());
    } else if (message instanceof Message.Vote1 vote) {
      return "Vote1 " + vote.slot() + "/" + vote.phase() + " = " + vote.value() + id(vote.id());
    } else if (message instanceof Message.Vote2 vote) {
      return "Vote2 " + vote.slot() + "/" + vote.phase() + " = " + vote.value() + id(vote.id());
    } else if (message instanceof Message.Decide decide) {
      return "Decide " + decide.slot() + " = " + value(decide.id(), decide.batch());
    } else if (message instanceof Message.Offer offer) {
      return "Offer " + offer.slot() + " = " + value(offer.id(), offer.batch());
    } else if (message instanceof Message.BatchReply reply) {
      return "BatchReply " + BatchId.toString(reply.batch().id());
    } else if (message instanceof Message.BatchRequest request) {
      return "BatchRequest " + BatchId.toString(request.id());
    } else if (message instanceof Message.CatchUpRequest request) {
      return "CatchUpRequest " + request.fromSlot();
    } else if (message instanceof Message.CatchUpEnd end) {
      return "CatchUpEnd " + end.nextSlot();
    } else if (message instanceof Message.ReadReply reply) {
      return "ReadReply " + reply.highestSlot();
    }
    return message.getClass().getSimpleName();
  }

  private static String id(long id) {
    return id == BatchId.NONE ? "" : "(" + BatchId.toString(id) + ")";
  }

  private static String value(long id, @Nullable CommandBatch batch) {
    return BatchId.toString(id) + (batch == null ? "" : " with batch");
  }
}
