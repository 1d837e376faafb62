package io.rabia.kvstore;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a range, as it was at one slot. The next part is as it is when it is read: a scan of
 * several pages is no snapshot, and their {@link #version} tells whether anything changed between
 * them. Keys that exist all the while come exactly once, in order.
 *
 * @param next the first key that has not come, or null at the end
 * @param version of the store when the page was read
 */
public record KvPage(List<Item> items, byte @Nullable [] next, long version) {

  /**
   * A key and what it has.
   *
   * @param entry null when only keys were asked for
   */
  public record Item(byte[] key, @Nullable KvEntry entry) {}
}
