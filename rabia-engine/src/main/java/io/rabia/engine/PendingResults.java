package io.rabia.engine;

import io.rabia.core.RabiaException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The requests that wait for an answer: commands first in the batcher's order, then by the batch
 * that they went into; all of them in one list for their deadlines. One thread.
 */
final class PendingResults {
  private final Completions completions;
  private final ArrayDeque<Request> unbatched = new ArrayDeque<>();
  private @Nullable Request[][] batches;
  private long[] numbers;
  private int mask;
  private final Request head = Request.openSession(0, new Ignored());
  private long nearestDeadline = Long.MAX_VALUE;
  private int size;

  private static final class Ignored implements ResultHandler {
    @Override
    public void onResult(byte[] result) {}

    @Override
    public void onFailure(RabiaException failure) {}
  }

  /** What handles the commands that the engine submits for itself. */
  static ResultHandler ignored() {
    return new Ignored();
  }

  /**
   * @param window power of two, above the number of own batches that can be outstanding
   */
  PendingResults(Completions completions, int window) {
    this.completions = completions;
    batches = new Request[window][];
    numbers = new long[window];
    Arrays.fill(numbers, -1);
    mask = window - 1;
    head.previous = head;
    head.next = head;
  }

  int size() {
    return size;
  }

  /** More own batches can be outstanding from now on: a power of two. */
  void widen(int window) {
    if (window <= numbers.length) {
      return;
    }
    @Nullable Request[][] widerBatches = new Request[window][];
    long[] widerNumbers = new long[window];
    Arrays.fill(widerNumbers, -1);
    for (int place = 0; place < numbers.length; place++) {
      if (numbers[place] >= 0) {
        widerBatches[(int) numbers[place] & (window - 1)] = batches[place];
        widerNumbers[(int) numbers[place] & (window - 1)] = numbers[place];
      }
    }
    batches = widerBatches;
    numbers = widerNumbers;
    mask = window - 1;
  }

  /** Counts the request as waiting until it is answered. */
  void add(Request request, long now) {
    long deadline = now + request.timeoutNanos;
    boolean overflow = request.timeoutNanos > 0 && deadline < now;
    request.deadline = overflow ? Long.MAX_VALUE : deadline;
    nearestDeadline = Math.min(nearestDeadline, request.deadline);
    Request last = Objects.requireNonNull(head.previous);
    request.previous = last;
    request.next = head;
    last.next = request;
    head.previous = request;
    size++;
  }

  /** The request's command is the next one in the batcher. */
  void queued(Request request) {
    unbatched.add(request);
  }

  /** The first {@code count} commands of the batcher became the own batch of this number. */
  void batched(long number, int count) {
    Request[] requests = new Request[count];
    for (int i = 0; i < count; i++) {
      requests[i] = unbatched.remove();
    }
    batches[(int) number & mask] = requests;
    numbers[(int) number & mask] = number;
  }

  /** The requests of an own batch of this run, in the order of its commands; null for another's. */
  Request @Nullable [] take(long number) {
    int place = (int) number & mask;
    if (numbers[place] != number) {
      return null;
    }
    Request[] requests = batches[place];
    batches[place] = null;
    numbers[place] = -1;
    return requests;
  }

  /** The requests of all own batches of this run whose numbers are told, in order. */
  List<Request> takeAll(LongPredicate which) {
    List<Request> taken = new ArrayList<>();
    long[] ascending =
        Arrays.stream(numbers).filter(n -> n >= 0 && which.test(n)).sorted().toArray();
    for (long number : ascending) {
      Request[] requests = take(number);
      if (requests != null) {
        taken.addAll(List.of(requests));
      }
    }
    return taken;
  }

  void succeed(Request request, byte[] result) {
    if (unlink(request)) {
      completions.result(request, result);
    }
  }

  void succeed(Request.Question request, EngineStatus status) {
    if (unlink(request)) {
      completions.status(request, status);
    }
  }

  void fail(Request request, RabiaException failure) {
    if (unlink(request)) {
      completions.failure(request, failure);
    }
  }

  private boolean unlink(Request request) {
    if (request.answered) {
      return false;
    }
    request.answered = true;
    Request before = request.previous;
    Request after = request.next;
    if (before != null && after != null) {
      before.next = after;
      after.previous = before;
      request.previous = null;
      request.next = null;
      size--;
    }
    return true;
  }

  /** When the next deadline may pass. */
  long nearestDeadline() {
    return nearestDeadline;
  }

  /** Fails what waited too long: it may still be executed, once. */
  void expire(long now) {
    if (now < nearestDeadline) {
      return;
    }
    nearestDeadline = Long.MAX_VALUE;
    Request request = head.next;
    while (request != null && request != head) {
      Request following = request.next;
      if (request.deadline <= now) {
        fail(
            request,
            new RabiaException.Timeout(
                "no answer within " + request.timeoutNanos / 1_000_000 + " ms; outcome unknown"));
      } else {
        nearestDeadline = Math.min(nearestDeadline, request.deadline);
      }
      request = following;
    }
  }

  void failAll(RabiaException failure) {
    Request request = head.next;
    while (request != null && request != head) {
      Request following = request.next;
      fail(request, failure);
      request = following;
    }
  }
}
