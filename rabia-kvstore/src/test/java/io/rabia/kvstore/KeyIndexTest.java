package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class KeyIndexTest {
  private final SplittableRandom random = new SplittableRandom(1);
  private final NavigableSet<byte[]> model = new TreeSet<>(Arrays::compareUnsigned);
  private final KeyIndex index = new KeyIndex();

  private byte[] key(int space) {
    int value = random.nextInt(space);
    byte[] key = new byte[1 + value % 3];
    for (int i = 0; i < key.length; i++, value /= 41) {
      key[i] = (byte) (value * 7);
    }
    return key;
  }

  private void step(int space, boolean growing) {
    byte[] key = key(space);
    if (model.contains(key)) {
      if (!growing) {
        model.remove(key);
        index.remove(key);
      }
    } else if (growing || random.nextInt(10) == 0) {
      model.add(key);
      index.add(key);
    }
  }

  private void sameRange(byte[] from, byte[] to) {
    List<byte[]> found = new ArrayList<>();
    index.forEach(from, to, found::add);
    NavigableSet<byte[]> tail = model.tailSet(from, true);
    List<byte[]> expected = new ArrayList<>();
    for (byte[] key : tail) {
      if (to == null || Arrays.compareUnsigned(key, to) < 0) {
        expected.add(key);
      }
    }
    assertThat(found.toArray(byte[][]::new)).isDeepEqualTo(expected.toArray(byte[][]::new));
  }

  @Test
  void holdsWhatASortedSetHoldsWhileItGrowsAndShrinks() {
    for (int round = 0; round < 6; round++) {
      for (int i = 0; i < 20_000; i++) {
        step(40_000, round % 2 == 0);
      }
      sameRange(new byte[0], null);
      for (int i = 0; i < 20; i++) {
        sameRange(key(40_000), key(40_000));
      }
    }
    for (byte[] key : List.copyOf(model)) {
      model.remove(key);
      index.remove(key);
    }
    sameRange(new byte[0], null);
  }

  @Test
  void holdsKeysThatComeInOrder() {
    for (int i = 0; i < 10_000; i++) {
      byte[] key = {(byte) (i >>> 8), (byte) i};
      model.add(key);
      index.add(key);
    }
    sameRange(new byte[0], null);
  }

  @Test
  void stopsWhenTheVisitorHasEnough() {
    for (int i = 0; i < 1000; i++) {
      index.add(new byte[] {(byte) (i >>> 8), (byte) i});
    }
    List<byte[]> found = new ArrayList<>();
    index.forEach(
        new byte[0],
        null,
        key -> {
          found.add(key);
          return found.size() < 300;
        });
    assertThat(found).hasSize(300);
  }
}
