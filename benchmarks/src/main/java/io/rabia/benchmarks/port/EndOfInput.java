package io.rabia.benchmarks.port;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Ends a process that was started by another one together with that one, however that ended. */
public final class EndOfInput {
  private EndOfInput() {}

  /**
   * From now on this process ends when its standard input does. To be called once.
   *
   * @return the lines that come there
   */
  public static BlockingQueue<String> endsProcess() {
    BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    Thread reader = new Thread(() -> read(lines), "standard-input");
    reader.setDaemon(true);
    reader.start();
    return lines;
  }

  private static void read(BlockingQueue<String> lines) {
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      // as its end
    }
    Runtime.getRuntime().halt(0);
  }
}
