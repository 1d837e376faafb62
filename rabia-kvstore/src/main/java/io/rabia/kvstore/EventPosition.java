package io.rabia.kvstore;

/**
 * A place in the history of changes, the same on every node of one cluster. A cluster that was made
 * out of a backup has another history from there on, though its numbers may be the same.
 *
 * @param kind what the number counts
 * @param number 0 or more
 */
public record EventPosition(Kind kind, long number) {

  /** What a position counts. */
  public enum Kind {
    /** Before the first change of that slot or a later one. */
    SLOT,
    /** After the change with that version. */
    VERSION,
    /** After the newest change. */
    NOW
  }

  private static final EventPosition NOW = new EventPosition(Kind.NOW, 0);

  /** After all that has happened. */
  public static EventPosition now() {
    return NOW;
  }

  /** Before the changes of that slot and of all later ones. */
  public static EventPosition fromSlot(long slot) {
    return new EventPosition(Kind.SLOT, slot);
  }

  /** After the change with that version, as {@link Subscription#position} says it. */
  public static EventPosition afterVersion(long version) {
    return new EventPosition(Kind.VERSION, version);
  }
}
