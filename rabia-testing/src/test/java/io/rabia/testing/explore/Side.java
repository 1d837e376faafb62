package io.rabia.testing.explore;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** Runs independent searches on all cores. */
final class Side {

  private Side() {}

  /** What each search gave, in the order of the inputs. */
  static <T, R> Map<T, R> bySide(Collection<T> inputs, Function<T, R> search) {
    Map<T, R> results = new ConcurrentHashMap<>();
    inputs.parallelStream().forEach(input -> results.put(input, search.apply(input)));
    Map<T, R> ordered = new LinkedHashMap<>();
    inputs.forEach(input -> ordered.put(input, results.get(input)));
    return ordered;
  }
}
