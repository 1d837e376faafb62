package io.rabia.kvstore;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * A range in order, page after page as they are needed: no snapshot ({@link KvPage}). Every
 * iterator begins anew and is used by one thread; its methods throw {@link StoreException}.
 */
final class KvScan implements Iterable<KvPage.Item> {
  private static final int PAGE = 1000;

  private final KvOperations store;
  private final KvQuery.Scan scan;

  KvScan(KvOperations store, byte[] from, byte @Nullable [] to, boolean keysOnly) {
    this.store = store;
    scan = new KvQuery.Scan(from, to, PAGE, keysOnly);
  }

  /** Of all keys that begin so. */
  static KvScan ofPrefix(KvOperations store, byte[] prefix, boolean keysOnly) {
    return new KvScan(store, prefix, after(prefix), keysOnly);
  }

  /** The first key after all that begin so; null: there is none. */
  static byte @Nullable [] after(byte[] prefix) {
    int length = prefix.length;
    while (length > 0 && prefix[length - 1] == (byte) 0xFF) {
      length--;
    }
    if (length == 0) {
      return null;
    }
    byte[] next = new byte[length];
    System.arraycopy(prefix, 0, next, 0, length);
    next[length - 1]++;
    return next;
  }

  @Override
  public Iterator<KvPage.Item> iterator() {
    return new Iterator<>() {
      private KvPage page = store.page(scan);
      private int at;

      @Override
      public boolean hasNext() {
        byte @Nullable [] next = page.next();
        while (at == page.items().size() && next != null) {
          page = store.page(new KvQuery.Scan(next, scan.to(), PAGE, scan.keysOnly()));
          at = 0;
          next = page.next();
        }
        return at < page.items().size();
      }

      @Override
      public KvPage.Item next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        return page.items().get(at++);
      }
    };
  }
}
