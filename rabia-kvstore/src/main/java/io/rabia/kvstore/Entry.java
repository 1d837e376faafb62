package io.rabia.kvstore;

import static io.rabia.kvstore.SnapshotSource.expect;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A key and its value with what is known of them, as bytes in a page that many share, so that ten
 * million of them are few objects:
 *
 * <pre>
 * length i32 | dropped u8 | 3 unused | hash i64
 *     | version i64 | created i64 | updated i64 | key length u16 | key | value | expires i64
 * </pre>
 *
 * The log time at which it expires is there when the sign of the version is set. The length counts
 * what the hash covers, which is all that follows it. An entry begins at a multiple of eight. In
 * the table it is written again with its key's next value, if that takes as much room, unless a
 * view reads it; copies never change. The mark that it was dropped is for {@link EntryTable} only,
 * which also shows one entry after the other through one of these.
 */
final class Entry {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final int DROPPED = 4;
  private static final int HASH = 8;
  private static final int HASHED = 16;
  private static final int VERSION = HASHED;
  private static final int CREATED = HASHED + 8;
  private static final int UPDATED = HASHED + 16;
  private static final int KEY_LENGTH = HASHED + 24;
  private static final int KEY = HASHED + 26;
  private static final int ALIGNMENT = 8;

  /** Bytes of what the hash covers, beside key, value and {@link #expires}. */
  static final int HEAD = KEY - HASHED;

  /** Of {@link #expires}: never. */
  static final long NEVER = 0;

  private static final long EXPIRING = Long.MIN_VALUE;

  private byte[] page;
  private int at;

  /** The one that lies there. */
  Entry(byte[] page, int at) {
    this.page = page;
    this.at = at;
  }

  // ---- in a page

  /** Bytes that an entry takes. */
  static int space(Pair pair, long expires) {
    int payload = pair.keyLength() + pair.valueLength();
    return space(HEAD + payload + (expires == NEVER ? 0 : Long.BYTES));
  }

  /** Of one of which the hash covers so much. */
  static int space(int hashed) {
    return (HASHED + hashed + ALIGNMENT - 1) & -ALIGNMENT;
  }

  static int spaceAt(byte[] page, int at) {
    return space(hashedLength(page, at));
  }

  static void write(
      byte[] page, int at, Pair pair, long version, long created, long updated, long expires) {
    int keyLength = pair.keyLength();
    int valueAt = at + KEY + keyLength;
    int end = valueAt + pair.valueLength();
    LONG.set(page, at + VERSION, expires == NEVER ? version : version | EXPIRING);
    LONG.set(page, at + CREATED, created);
    LONG.set(page, at + UPDATED, updated);
    SHORT.set(page, at + KEY_LENGTH, (short) keyLength);
    System.arraycopy(pair.key(), 0, page, at + KEY, keyLength);
    System.arraycopy(pair.value(), pair.valueAt(), page, valueAt, pair.valueLength());
    if (expires != NEVER) {
      LONG.set(page, end, expires);
      end += Long.BYTES;
    }
    seal(page, at, end - at - HASHED);
  }

  private static void seal(byte[] page, int at, int length) {
    INT.set(page, at, length);
    LONG.set(page, at + HASH, Hashing.hash(page, at + HASHED, length, 0));
  }

  /** Is this what a hash can cover? */
  static boolean isHashed(byte[] hashed, int at, int length) {
    if (length < HEAD) {
      return false;
    }
    int keyLength = keyLengthAt(hashed, at - HASHED);
    return length >= HEAD + keyLength + (hashed[at] < 0 ? Long.BYTES : 0);
  }

  /** Writes an entry of what the hash covers. */
  static void write(byte[] page, int at, byte[] hashed, int hashedAt, int length) {
    System.arraycopy(hashed, hashedAt, page, at + HASHED, length);
    seal(page, at, length);
  }

  /** Writes the entry as it was before it was dropped. */
  static void copy(byte[] from, int fromAt, byte[] to, int toAt) {
    System.arraycopy(from, fromAt, to, toAt, spaceAt(from, fromAt));
    to[toAt + DROPPED] = 0;
  }

  static void drop(byte[] page, int at) {
    page[at + DROPPED] = 1;
  }

  static boolean isDropped(byte[] page, int at) {
    return page[at + DROPPED] != 0;
  }

  static boolean hasKey(byte[] page, int at, byte[] key, int keyAt, int length) {
    int begin = at + KEY;
    return keyLengthAt(page, at) == length
        && Arrays.equals(page, begin, begin + length, key, keyAt, keyAt + length);
  }

  /** Bytes of what the hash covers. */
  static int hashedLength(byte[] page, int at) {
    return (int) INT.get(page, at);
  }

  static long hash(byte[] page, int at) {
    return (long) LONG.get(page, at + HASH);
  }

  /** The hash of its key. */
  static long hashOfKey(byte[] page, int at, long seed) {
    return Hashing.hash(page, at + KEY, keyLengthAt(page, at), seed);
  }

  private static int keyLengthAt(byte[] page, int at) {
    return (short) SHORT.get(page, at + KEY_LENGTH) & 0xFFFF;
  }

  // ---- by itself

  /** An entry that never expires, in a page of its own. */
  static Entry of(byte[] key, byte[] value, long version, long created, long updated) {
    Pair pair = Pair.of(key, value);
    Entry entry = new Entry(new byte[space(pair, NEVER)], 0);
    write(entry.page, 0, pair, version, created, updated, NEVER);
    return entry;
  }

  /** Can there be an entry that ends at that place at the latest? */
  static void require(byte[] page, int at, int end) throws IOException {
    expect(at >= 0 && at <= end - KEY, "an entry that lies elsewhere");
    int length = hashedLength(page, at);
    boolean fits = length <= end - at - HASHED && isHashed(page, at + HASHED, length);
    expect(fits, "an entry with lengths that do not fit");
  }

  /** An entry of what the hash covers, in a page of its own. */
  static Entry ofHashed(byte[] hashed, int hashedAt, int length) {
    Entry entry = new Entry(new byte[space(length)], 0);
    write(entry.page, 0, hashed, hashedAt, length);
    return entry;
  }

  /** From here on it is the one that lies there. */
  Entry show(byte[] newPage, int newAt) {
    page = newPage;
    at = newAt;
    return this;
  }

  byte[] page() {
    return page;
  }

  int at() {
    return at;
  }

  /** Bytes that it takes. */
  int space() {
    return spaceAt(page, at);
  }

  /** The entry as it is now, in a page of its own. */
  Entry copy() {
    Entry copy = new Entry(new byte[space()], 0);
    copy(page, at, copy.page, 0);
    return copy;
  }

  int hashedAt() {
    return at + HASHED;
  }

  /** Bytes of what the hash covers. */
  int hashedLength() {
    return hashedLength(page, at);
  }

  long hash() {
    return hash(page, at);
  }

  long version() {
    return (long) LONG.get(page, at + VERSION) & ~EXPIRING;
  }

  private boolean expiring() {
    return page[at + VERSION] < 0;
  }

  private int expiryLength() {
    return expiring() ? Long.BYTES : 0;
  }

  long expires() {
    return expiring() ? (long) LONG.get(page, valueEnd()) : NEVER;
  }

  long created() {
    return (long) LONG.get(page, at + CREATED);
  }

  private long updated() {
    return (long) LONG.get(page, at + UPDATED);
  }

  int keyAt() {
    return at + KEY;
  }

  int keyLength() {
    return keyLengthAt(page, at);
  }

  int valueAt() {
    return keyAt() + keyLength();
  }

  int valueLength() {
    return valueEnd() - valueAt();
  }

  private int valueEnd() {
    return at + HASHED + hashedLength() - expiryLength();
  }

  byte[] key() {
    return Arrays.copyOfRange(page, keyAt(), valueAt());
  }

  byte[] value() {
    return Arrays.copyOfRange(page, valueAt(), valueEnd());
  }

  boolean hasValue(byte[] value) {
    return Arrays.equals(page, valueAt(), valueEnd(), value, 0, value.length);
  }

  KvEntry toKvEntry() {
    return new KvEntry(value(), version(), created(), updated());
  }
}
