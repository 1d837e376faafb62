package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.port.EndOfInput;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;

/**
 * The process that makes the load. Reads from standard input: a {@link LoadSpec} a line, or {@code
 * leader}, until it ends. Writes {@code progress ...}, {@code result ...}, {@code leader N}.
 */
public final class LoadMain {
  private LoadMain() {}

  /** {@code rabia|port ADDRESS,... CONNECTIONS}. */
  public static void main(String[] arguments) throws InterruptedException {
    int connections = Integer.parseInt(arguments[2]);
    Target target =
        switch (arguments[0]) {
          case "rabia" -> new RabiaTarget(arguments[1], connections);
          case "port" -> new PortTarget(arguments[1], connections);
          default -> throw new IllegalArgumentException("no such target: " + arguments[0]);
        };
    run(target);
  }

  /** Serves standard input; this process ends with it. */
  public static void run(Target target) throws InterruptedException {
    BlockingQueue<String> lines = EndOfInput.endsProcess();
    while (true) {
      String line = lines.take();
      say(line.equals("leader") ? "leader " + target.leader() : load(target, line));
    }
  }

  private static String load(Target target, String line) {
    LoadSpec spec = LoadSpec.of(Fields.parse(line));
    LoadGenerator generator =
        new LoadGenerator(target, spec, completed -> say("progress " + completed));
    Fields result = generator.run().fields();
    String error = generator.firstError();
    if (error != null) {
      System.err.println(String.format(Locale.ROOT, "first error of %s: %s", line, error));
    }
    return "result " + result;
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
