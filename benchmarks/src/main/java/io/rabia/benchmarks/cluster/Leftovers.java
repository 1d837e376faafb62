package io.rabia.benchmarks.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What this process would leave behind when it is ended in the middle of its work: processes that
 * it has started, and directories. Any thread.
 */
final class Leftovers {
  private static final String PREFIX = "cluster-bench-";
  private static final long PATIENCE_SECONDS = 10;

  private static final Set<Process> PROCESSES = new LinkedHashSet<>();
  private static final Set<Path> DIRECTORIES = new LinkedHashSet<>();
  private static boolean ending;
  private static int directories;

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(Leftovers::end, "leftovers"));
  }

  private Leftovers() {}

  /** Whoever ends this process ends that one. */
  static synchronized void add(Process process) {
    if (ending) {
      process.destroyForcibly();
      throw new IllegalStateException("this process is ending");
    }
    PROCESSES.add(process);
  }

  /** Whether this process is being ended: what fails now, fails for that. */
  static synchronized boolean isEnding() {
    return ending;
  }

  /** Ends it now. */
  static void end(Process process) {
    process.destroyForcibly();
    try {
      process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (Leftovers.class) {
      PROCESSES.remove(process);
    }
  }

  /** A new directory, which does not outlive this process. */
  static synchronized Path directory(Path parent, String name) {
    Path directory =
        parent.resolve(PREFIX + ProcessHandle.current().pid() + "-" + ++directories + "-" + name);
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    DIRECTORIES.add(directory);
    return directory;
  }

  /** Deletes it with everything in it. */
  static void delete(Path directory) {
    if (Files.exists(directory)) {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    synchronized (Leftovers.class) {
      DIRECTORIES.remove(directory);
    }
  }

  /** Deletes directories of processes like this one that could not do it themselves. */
  static void sweep(Path parent) {
    if (!Files.isDirectory(parent)) {
      return;
    }
    try (DirectoryStream<Path> found = Files.newDirectoryStream(parent, PREFIX + "[0-9]*-*")) {
      for (Path directory : found) {
        String rest = directory.getFileName().toString().substring(PREFIX.length());
        long pid = Long.parseLong(rest.substring(0, rest.indexOf('-')));
        if (ProcessHandle.of(pid).isEmpty()) {
          delete(directory);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void end() {
    Set<Process> processes;
    Set<Path> toDelete;
    synchronized (Leftovers.class) {
      ending = true;
      processes = new LinkedHashSet<>(PROCESSES);
      toDelete = new LinkedHashSet<>(DIRECTORIES);
    }
    processes.forEach(Process::destroyForcibly);
    processes.forEach(Leftovers::end);
    toDelete.forEach(Leftovers::delete);
  }
}
