package io.rabia.core.statemachine;

/**
 * Hashes of bytes that are the same in every process: FNV-1a of 64 bits, mixed at the end. Pure
 * functions.
 */
final class StateHashes {
  static final long SEED = 0xCBF29CE484222325L;

  private StateHashes() {}

  /**
   * Goes on from {@code hash}, {@link #SEED} at first; the length is hashed too, so that parts do
   * not run together.
   */
  static long add(long hash, byte[] bytes) {
    long h = hash;
    for (byte b : bytes) {
      h = (h ^ (b & 0xFF)) * 0x100000001B3L;
    }
    return (h ^ bytes.length) * 0x100000001B3L;
  }

  static long finish(long hash) {
    long h = (hash ^ (hash >>> 33)) * 0xFF51AFD7ED558CCDL;
    h = (h ^ (h >>> 33)) * 0xC4CEB9FE1A85EC53L;
    return h ^ (h >>> 33);
  }
}
