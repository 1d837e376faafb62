package io.rabia.kvstore;

/**
 * Takes the changes of a {@link Subscription}, one after the other, on its thread; it may block.
 * What it throws ends the subscription.
 */
@FunctionalInterface
public interface KvListener {

  void onEvent(KvEvent event);

  /**
   * Changes were lost to this listener: it was too far behind, and they are not in the history any
   * more, or it comes from a history that went further than this one, as of before a backup was
   * restored. Where it is not overridden, that ends the subscription.
   *
   * @param count how many changes the store made meanwhile, whatever the filter; -1: unknown
   */
  default void onMissed(long count) {
    throw new StoreException(
        StoreError.EVENTS_MISSED,
        (count < 0 ? "some" : String.valueOf(count))
            + " changes are not in the history (any more); it listened too slowly, or from too far"
            + " back, or from a position of another history",
        null);
  }

  /**
   * The store cannot be asked for now; it is tried until it answers. Told once an outage.
   *
   * @param reason why the first try failed
   */
  default void onOutage(StoreException reason) {}

  /** The store answers again, and nothing was lost. */
  default void onResumed() {}
}
