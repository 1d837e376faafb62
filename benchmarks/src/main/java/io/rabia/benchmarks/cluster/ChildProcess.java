package io.rabia.benchmarks.cluster;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A Java process of a run: its lines on standard output, its errors in a file. One caller. */
final class ChildProcess implements AutoCloseable {
  private static final String END = "\0";
  private static final int TAIL = 15;

  private final String name;
  private final Path log;
  private final Process process;
  private final BufferedWriter in;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  private ChildProcess(String name, Path log, Process process) {
    this.name = name;
    this.log = log;
    this.process = process;
    in =
        new BufferedWriter(
            new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
    Thread reader = new Thread(this::read, "output-of-" + name);
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Starts {@code java} of this JVM.
   *
   * @param arguments flags, class and its arguments
   * @param log where its errors go, appended
   */
  static ChildProcess java(String name, String classPath, List<String> arguments, Path log) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-cp");
    command.add(classPath);
    command.addAll(arguments);
    try {
      Files.createDirectories(log.toAbsolutePath().getParent());
      Process process =
          new ProcessBuilder(command)
              .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      Leftovers.add(process);
      return new ChildProcess(name, log, process);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read() {
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      // it has ended
    }
    lines.add(END);
  }

  void say(String line) {
    try {
      in.write(line);
      in.newLine();
      in.flush();
    } catch (IOException e) {
      throw failure("takes no input: " + e.getMessage());
    }
  }

  String await(String prefix, Duration patience) {
    return await(prefix, patience, line -> false);
  }

  /**
   * The next line that begins so, without that.
   *
   * @param others hears the lines before it, and says whether the patience begins anew with them
   */
  String await(String prefix, Duration patience, Predicate<String> others) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      String line = next(deadline - System.nanoTime());
      if (line == null) {
        throw failure("did not say " + prefix + " within " + patience.toSeconds() + " s");
      }
      if (line.equals(END)) {
        throw failure("ended");
      }
      if (line.startsWith(prefix)) {
        return line.substring(prefix.length()).trim();
      }
      if (others.test(line)) {
        deadline = System.nanoTime() + patience.toNanos();
      }
    }
  }

  private @Nullable String next(long waitNanos) {
    try {
      return lines.poll(Math.max(0, waitNanos), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure("was not waited for");
    }
  }

  private IllegalStateException failure(String what) {
    StringBuilder text = new StringBuilder(name + " " + what + "; see " + log);
    try {
      List<String> errors = Files.readAllLines(log);
      for (String line : errors.subList(Math.max(0, errors.size() - TAIL), errors.size())) {
        text.append("\n  ").append(line);
      }
    } catch (IOException e) {
      // the log says nothing
    }
    return new IllegalStateException(text.toString());
  }

  /** As {@code kill -9} does. */
  void kill() {
    process.destroyForcibly();
  }

  /** As {@code kill -STOP} does. */
  void pause() {
    try {
      new ProcessBuilder("kill", "-STOP", String.valueOf(process.pid())).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    Leftovers.end(process);
  }
}
