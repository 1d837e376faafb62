package io.rabia.kvstore;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Which changes a subscriber wants. A {@link ChangeType#CLEARED} changes every key. Immutable; the
 * arrays are not copied and must not change.
 */
public sealed interface NotificationFilter {
  /** How deep filters may be within filters. */
  int MAX_DEPTH = 8;

  /** Of how many filters one may consist, itself counted. */
  int MAX_FILTERS = 64;

  /**
   * Does it let a change pass?
   *
   * @param key of the change, from {@code offset} on, {@code length} bytes; ignored for CLEARED
   */
  boolean matches(ChangeType type, byte[] key, int offset, int length);

  /** Everything. */
  record All() implements NotificationFilter {
    @Override
    public boolean matches(ChangeType type, byte[] key, int offset, int length) {
      return true;
    }
  }

  /** One key. */
  record Key(byte[] key) implements NotificationFilter {
    @Override
    public boolean matches(ChangeType type, byte[] changed, int offset, int length) {
      return type == ChangeType.CLEARED
          || Arrays.equals(changed, offset, offset + length, key, 0, key.length);
    }
  }

  /** All keys that begin so. */
  record KeyPrefix(byte[] prefix) implements NotificationFilter {
    @Override
    public boolean matches(ChangeType type, byte[] changed, int offset, int length) {
      return type == ChangeType.CLEARED
          || length >= prefix.length
              && Arrays.equals(changed, offset, offset + prefix.length, prefix, 0, prefix.length);
    }
  }

  /** Changes of these types. */
  record OfType(Set<ChangeType> types) implements NotificationFilter {
    public OfType {
      types = Set.copyOf(types);
    }

    @Override
    public boolean matches(ChangeType type, byte[] key, int offset, int length) {
      return types.contains(type);
    }
  }

  /** What all of them let pass. */
  record And(List<NotificationFilter> filters) implements NotificationFilter {
    public And {
      filters = List.copyOf(filters);
    }

    @Override
    public boolean matches(ChangeType type, byte[] key, int offset, int length) {
      for (NotificationFilter filter : filters) {
        if (!filter.matches(type, key, offset, length)) {
          return false;
        }
      }
      return true;
    }
  }

  /** What one of them lets pass. */
  record Or(List<NotificationFilter> filters) implements NotificationFilter {
    public Or {
      filters = List.copyOf(filters);
    }

    @Override
    public boolean matches(ChangeType type, byte[] key, int offset, int length) {
      for (NotificationFilter filter : filters) {
        if (filter.matches(type, key, offset, length)) {
          return true;
        }
      }
      return false;
    }
  }

  static NotificationFilter all() {
    return new All();
  }

  static NotificationFilter key(String key) {
    return new Key(key.getBytes(StandardCharsets.UTF_8));
  }

  static NotificationFilter keyPrefix(String prefix) {
    return new KeyPrefix(prefix.getBytes(StandardCharsets.UTF_8));
  }

  static NotificationFilter changeType(ChangeType first, ChangeType... others) {
    return new OfType(EnumSet.of(first, others));
  }

  static NotificationFilter and(NotificationFilter... filters) {
    return new And(List.of(filters));
  }

  static NotificationFilter or(NotificationFilter... filters) {
    return new Or(List.of(filters));
  }
}
