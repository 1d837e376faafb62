package io.rabia.kvstore.server.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the process of a server holds.
 *
 * @param live bytes of objects on its heap after a full collection
 * @param stored bytes of those that stand for what clients stored
 * @param resident bytes of the process
 */
record ServerMemory(long live, long stored, long resident) {
  private static final Path JCMD = Path.of(System.getProperty("java.home"), "bin", "jcmd");
  private static final Pattern TOTAL = Pattern.compile("(?m)^Total +\\d+ +(\\d+)");
  private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s+(\\d+) kB");

  static ServerMemory of(ServerProcesses servers, int id) {
    long pid = servers.pid(id);
    try {
      String resident = Files.readString(Path.of("/proc/" + pid + "/status"));
      Process jcmd =
          new ProcessBuilder(JCMD.toString(), Long.toString(pid), "GC.class_histogram").start();
      String histogram = new String(jcmd.getInputStream().readAllBytes());
      return new ServerMemory(
          number(TOTAL, histogram), servers.storedBytes(id), number(RESIDENT, resident) << 10);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long number(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new IllegalStateException("no " + pattern + " in " + text);
    }
    return Long.parseLong(matcher.group(1));
  }
}
