package io.rabia.kvstore;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A change of the store. The arrays are the receiver's own.
 *
 * @param version of the store after it: counts all changes without a gap, the same on every node
 * @param slot of the log in which it happened
 * @param key empty for {@link ChangeType#CLEARED}
 * @param oldValue null when there was none
 * @param newValue null when there is none
 */
public record KvEvent(
    ChangeType type,
    long version,
    long slot,
    byte[] key,
    byte @Nullable [] oldValue,
    byte @Nullable [] newValue) {

  /** The key as UTF-8. */
  public String keyText() {
    return new String(key, StandardCharsets.UTF_8);
  }
}
