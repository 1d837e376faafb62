package io.rabia.testing.sim;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TimeZone;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Prints what no trace may depend on. */
public final class Unsteady {
  static final int LINES = 6;

  private Unsteady() {}

  @SuppressWarnings("DefaultLocale")
  public static void main(String[] arguments) {
    List<Object> lines =
        List.of(
            "hash " + new Object().hashCode(),
            "set " + beginOfSomeSet(),
            String.format("number %d", 1234567890),
            "zone " + TimeZone.getDefault().getID(),
            "charset " + Charset.defaultCharset(),
            "heap " + Runtime.getRuntime().maxMemory());
    // The shortest text of a double was not always found before Java 19.
    String text =
        arguments[0].equals("doubles")
            ? Double.toString(Double.parseDouble("2E23"))
            : lines.stream().map(Object::toString).collect(Collectors.joining("\n"));
    byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
    System.out.write(bytes, 0, bytes.length);
    System.out.flush();
  }

  /** The order of a set starts anywhere, so a large one hardly ever starts twice the same. */
  private static List<Integer> beginOfSomeSet() {
    Integer[] numbers = IntStream.range(0, 100_000).map(i -> 2 * i).boxed().toArray(Integer[]::new);
    return Set.of(numbers).stream().limit(5).toList();
  }
}
