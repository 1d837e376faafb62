package io.rabia.kvstore;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys in order, as unsigned bytes: leaves of up to 256 keys in a list, so that a million keys
 * cost about six bytes each and one more object. Not thread-safe.
 */
final class KeyIndex {
  private static final int CAPACITY = 256;
  private static final int SMALL = CAPACITY / 4;

  /** Sorted keys, at least one. */
  private static final class Leaf {
    private byte[][] keys = new byte[CAPACITY][];
    private int count;

    private int find(byte[] key) {
      return Arrays.binarySearch(keys, 0, count, key, Arrays::compareUnsigned);
    }

    private void insert(int at, byte[] key) {
      System.arraycopy(keys, at, keys, at + 1, count - at);
      keys[at] = key;
      count++;
    }

    private void delete(int at) {
      System.arraycopy(keys, at + 1, keys, at, count - at - 1);
      count--;
      Arrays.fill(keys, count, count + 1, null);
    }

    /** Moves the keys from there on into a leaf of their own. */
    private Leaf split(int at) {
      Leaf right = new Leaf();
      right.count = count - at;
      System.arraycopy(keys, at, right.keys, 0, right.count);
      Arrays.fill(keys, at, count, null);
      count = at;
      return right;
    }

    private void append(Leaf right) {
      System.arraycopy(right.keys, 0, keys, count, right.count);
      count += right.count;
    }
  }

  /** Takes keys until it has enough. */
  interface Visitor {
    boolean more(byte[] key);
  }

  private final List<Leaf> leaves = new ArrayList<>();

  /** Adds a key that is not there; the array is kept. */
  void add(byte[] key) {
    if (leaves.isEmpty()) {
      leaves.add(new Leaf());
    }
    int at = leafOf(key);
    Leaf leaf = leaves.get(at);
    if (leaf.count == CAPACITY) {
      // Keys that come in order fill their leaves.
      boolean last = at == leaves.size() - 1 && leaf.find(key) == ~CAPACITY;
      Leaf right = leaf.split(last ? CAPACITY - 1 : CAPACITY / 2);
      leaves.add(at + 1, right);
      leaf = Arrays.compareUnsigned(key, right.keys[0]) < 0 ? leaf : right;
    }
    leaf.insert(~leaf.find(key), key);
  }

  /** Removes a key that is there. */
  void remove(byte[] key) {
    int at = leafOf(key);
    Leaf leaf = leaves.get(at);
    leaf.delete(leaf.find(key));
    if (leaf.count == 0) {
      leaves.remove(at);
    } else if (leaf.count < SMALL && at + 1 < leaves.size()) {
      Leaf right = leaves.get(at + 1);
      if (leaf.count + right.count <= CAPACITY / 2) {
        leaf.append(right);
        leaves.remove(at + 1);
      }
    }
  }

  /** Hands out the keys from {@code from} on, before {@code to}. */
  void forEach(byte[] from, byte @Nullable [] to, Visitor visitor) {
    if (leaves.isEmpty()) {
      return;
    }
    int at = leafOf(from);
    int first = leaves.get(at).find(from);
    for (int i = first < 0 ? ~first : first; at < leaves.size(); at++, i = 0) {
      Leaf leaf = leaves.get(at);
      for (; i < leaf.count; i++) {
        byte[] key = leaf.keys[i];
        if (to != null && Arrays.compareUnsigned(key, to) >= 0 || !visitor.more(key)) {
          return;
        }
      }
    }
  }

  /** The last leaf that begins with the key or before it, or the first one. */
  private int leafOf(byte[] key) {
    int low = 0;
    int high = leaves.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (Arrays.compareUnsigned(leaves.get(middle).keys[0], key) <= 0) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
