package io.rabia.core;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;

/**
 * Hostile inputs from a fixed seed for whatever reads bytes of others: noise, and valid samples
 * with flipped, cut, inserted and repeated bytes, and with numbers in them that lie about lengths
 * and counts. Each input may be refused with {@link RabiaException.Serialization} or taken;
 * anything else, too much memory or too much time fails and shows the input.
 */
public final class Fuzz {

  /** What reads the bytes; returns when it takes them. */
  @FunctionalInterface
  public interface Reader {
    void read(byte[] input);
  }

  /** How many inputs were refused, and how many taken. */
  public record Result(int refused, int taken) {}

  private static final long ALLOCATION = 64 * 1024;
  private static final long ALLOCATION_PER_BYTE = 256;
  private static final long SLOW_NANOS = 50_000_000;
  private static final int ATTEMPTS = 5;
  private static final int MAX_NOISE = 80;
  private static final long[] LIES = {
    0,
    1,
    2,
    -1,
    -2,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x10000,
    0x7FFFFFFF,
    0x80000000L,
    0xFFFFFFFFL,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private final SplittableRandom random;
  private final List<byte[]> samples;
  private final List<byte[]> words;
  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Fuzz(long seed, List<byte[]> samples, List<byte[]> words) {
    random = new SplittableRandom(seed);
    this.samples = samples;
    this.words = words;
  }

  /** Reads so many inputs that are made of nothing but samples and noise. */
  public static Result run(long seed, int inputs, List<byte[]> samples, Reader reader)
      throws Exception {
    return run(seed, inputs, samples, samples, reader);
  }

  /**
   * Reads so many inputs in a thread of its own, on whose short stack refusals are cheap.
   *
   * @param samples valid inputs
   * @param words what is inserted into them, beside noise
   */
  public static Result run(
      long seed, int inputs, List<byte[]> samples, List<byte[]> words, Reader reader)
      throws Exception {
    FutureTask<Result> task =
        new FutureTask<>(() -> new Fuzz(seed, samples, words).readAll(inputs, reader));
    Thread thread = new Thread(task, "fuzz");
    thread.setDaemon(true);
    thread.start();
    return task.get();
  }

  private Result readAll(int inputs, Reader reader) {
    for (byte[] sample : samples) {
      reader.read(sample.clone());
    }
    int refused = 0;
    for (int i = 0; i < inputs; i++) {
      byte[] input = next();
      refused += takes(reader, input, i) ? 0 : 1;
    }
    return new Result(refused, inputs - refused);
  }

  /**
   * The first time pays for loading classes, and the machine may be slow once; what takes too much
   * time and time again is the input's fault.
   */
  private boolean takes(Reader reader, byte[] input, int number) {
    for (int attempt = 1; ; attempt++) {
      long allocated = threads.getCurrentThreadAllocatedBytes();
      long began = System.nanoTime();
      boolean taken = read(reader, input, number);
      long nanos = System.nanoTime() - began;
      allocated = threads.getCurrentThreadAllocatedBytes() - allocated;
      boolean much = allocated > ALLOCATION + ALLOCATION_PER_BYTE * input.length;
      if (!much && nanos < SLOW_NANOS) {
        return taken;
      }
      if (attempt == ATTEMPTS) {
        throw new AssertionError(
            allocated + " bytes allocated in " + nanos / 1000 + " us" + shown(input, number));
      }
    }
  }

  private static boolean read(Reader reader, byte[] input, int number) {
    try {
      reader.read(input.clone());
      return true;
    } catch (RabiaException.Serialization expected) {
      return false;
    } catch (RuntimeException | Error e) {
      throw new AssertionError(e + shown(input, number), e);
    }
  }

  private static String shown(byte[] input, int number) {
    return " with input " + number + ": " + HexFormat.of().formatHex(input);
  }

  // ---- inputs

  private byte[] next() {
    if (random.nextInt(8) == 0) {
      return noise();
    }
    byte[] input = samples.get(random.nextInt(samples.size()));
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      input = changed(input);
    }
    return input;
  }

  private byte[] noise() {
    byte[] noise = new byte[random.nextInt(MAX_NOISE)];
    random.nextBytes(noise);
    return noise;
  }

  private byte[] changed(byte[] input) {
    int at = random.nextInt(input.length + 1);
    switch (random.nextInt(7)) {
      case 0 -> {
        return Arrays.copyOf(input, at);
      }
      case 1 -> {
        return splice(input, at, at, noise());
      }
      case 2 -> {
        return splice(input, at, Math.min(input.length, at + 1 + random.nextInt(8)), new byte[0]);
      }
      case 3 -> {
        return splice(input, at, at, words.get(random.nextInt(words.size())));
      }
      case 4 -> {
        byte[] flipped = input.clone();
        if (at < flipped.length) {
          flipped[at] ^= (byte) (1 << random.nextInt(8));
        }
        return flipped;
      }
      default -> {
        return lied(input, at);
      }
    }
  }

  /** With a number written over what stands there, of 1, 2, 4 or 8 bytes. */
  private byte[] lied(byte[] input, int at) {
    byte[] number =
        ByteBuffer.allocate(Long.BYTES).putLong(LIES[random.nextInt(LIES.length)]).array();
    int size = 1 << random.nextInt(4);
    byte[] lied = input.clone();
    int fits = Math.min(size, lied.length - at);
    System.arraycopy(number, Long.BYTES - size, lied, at, fits);
    return lied;
  }

  private static byte[] splice(byte[] bytes, int from, int to, byte[] insert) {
    return ByteBuffer.allocate(bytes.length - (to - from) + insert.length)
        .put(bytes, 0, from)
        .put(insert)
        .put(bytes, to, bytes.length - to)
        .array();
  }
}
