package io.rabia.kvstore.server.cli;

import static io.rabia.kvstore.server.cli.ServerProcesses.awaitSoon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.rabia.kvstore.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** How a server starts, and how it does not. */
@Isolated
@Tag("integration")
@Timeout(120)
final class ServerStartTest {

  @TempDir private Path directory;
  private ServerProcesses servers;
  private List<String> prefix = List.of();
  private long slowest;
  private int failures;

  @BeforeEach
  void three() {
    servers = new ServerProcesses(directory, 3, "os");
    servers.virtualMachine();
  }

  @AfterEach
  void close() {
    servers.close();
  }

  @Test
  void startsWithTheClassesThatAServerLeftInAnArchive() throws Exception {
    Path archive = directory.resolve("kv.jsa");
    Path loaded = directory.resolve("classes.txt");
    servers.virtualMachine("-XX:ArchiveClassesAtExit=" + archive).start(List.of(1));
    assertThat(servers.terminate(1, Duration.ofSeconds(20))).isZero();
    servers
        .virtualMachine("-XX:SharedArchiveFile=" + archive, "-Xlog:class+load:file=" + loaded)
        .start(List.of(1));
    assertThat(Files.readAllLines(loaded))
        .filteredOn(line -> line.contains(" io.rabia.kvstore.server.KvServer "))
        .singleElement(STRING)
        .endsWith("shared objects file (top)");
  }

  @Test
  void refusesADirectoryThatAnotherProcessUsesAndLeavesItAsItIs() throws Exception {
    servers.startAll();
    Map<String, FileTime> before = files(servers.data(1));
    fails(
        1,
        "the directory is in use by process",
        "--members=1=127.0.0.1:" + FreePorts.next() + ",2=127.0.0.1:1,3=127.0.0.1:2",
        "--client=127.0.0.1:0",
        "--redis=127.0.0.1:0",
        "--http=127.0.0.1:0");
    assertThat(files(servers.data(1))).isEqualTo(before);
    assertThat(servers.run("set", "a", "1").code()).isZero();
  }

  @Test
  void refusesEachPortThatIsInUseAndWritesNothing() throws Exception {
    for (String name : List.of("peer", "client", "redis", "http")) {
      try (ServerSocket taken =
          new ServerSocket(servers.port(1, name), 1, InetAddress.getLoopbackAddress())) {
        assertThat(taken.isBound()).isTrue();
        fails(1, "Address already in use");
      }
    }
    fails(1, "nowhere.invalid:1 cannot be opened", "--client=nowhere.invalid:1");
    assertThat(servers.data(1)).doesNotExist();
  }

  @Test
  void refusesADirectoryThatItCannotUse() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "");
    fails(1, file + " is not a directory", "--data=" + file);
    fails(1, file + "/data", "--data=" + file + "/data");
    fails(1, "/proc/none/rabia", "--data=/proc/none/rabia");
  }

  /** Root may read everything unless it has given that up. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void refusesADirectoryThatItMayNotRead() throws Exception {
    Path closed = Files.createDirectory(directory.resolve("closed"));
    Files.setPosixFilePermissions(closed, Set.of());
    if (Files.isReadable(closed)) {
      prefix = List.of("setpriv", "--bounding-set", "-dac_override,-dac_read_search");
    }
    fails(1, closed + " is not accessible", "--data=" + closed);
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
    assertThat(closed).isEmptyDirectory();
  }

  @Test
  void refusesAConfigurationThatItDoesNotUnderstand() throws Exception {
    Path config = Files.writeString(directory.resolve("config"), "id = 1\n\ncolour = red\n");
    fails(1, config + ":3: unknown key 'colour'", "--config=" + config);
    assertThat(servers.data(1)).doesNotExist();
  }

  @Test
  void takesItsConfigurationFromAFile() throws Exception {
    StringBuilder text = new StringBuilder("# all but one\n");
    for (String flag : servers.flags(1)) {
      text.append(flag.startsWith("--id") ? "" : flag.substring(2).replaceFirst("=", " = ") + "\n");
    }
    Path config = Files.writeString(directory.resolve("config"), text);
    Process server =
        servers.java("file", RabiaKv.class, "server", List.of("--config=" + config, "--id=1"));
    awaitSoon("READY").until(() -> servers.text("file.out").startsWith("READY id=1 client="));
    server.destroy();
    assertThat(server.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(server.exitValue()).isZero();
  }

  @Test
  void refusesANewMemberWhereTheMembersKnowItsVotes() throws Exception {
    servers.startAll();
    servers.kill(2);
    fails(3, "start it with --initial existing", "--data=" + directory + "/wiped");
    assertThat(servers.text("server-2.err")).doesNotContain("Exception");
  }

  /** What is promised where nothing else runs. */
  @Test
  @Tag("long")
  void knowsWithinTwoSecondsThatItCannotStart() throws Exception {
    refusesEachPortThatIsInUseAndWritesNothing();
    refusesADirectoryThatItCannotUse();
    refusesADirectoryThatItMayNotRead();
    prefix = List.of();
    refusesAConfigurationThatItDoesNotUnderstand();
    refusesADirectoryThatAnotherProcessUsesAndLeavesItAsItIs();
    assertThat(Duration.ofNanos(slowest)).isLessThan(Duration.ofSeconds(2));
  }

  private void fails(int code, String reason, String... more) throws Exception {
    int id = code == 3 ? 2 : 1;
    List<String> flags = new ArrayList<>(servers.flags(id));
    for (String flag : more) {
      String name = flag.substring(0, flag.indexOf('=') + 1);
      flags.removeIf(other -> other.startsWith(name));
      flags.add(flag);
    }
    String attempt = "failing-" + ++failures;
    long start = System.nanoTime();
    Process process = servers.java(prefix, attempt, RabiaKv.class, "server", flags);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    slowest = Math.max(slowest, System.nanoTime() - start);
    String error = servers.text(attempt + ".err");
    assertThat(process.exitValue()).as(error).isEqualTo(code);
    assertThat(error.lines().reduce((a, b) -> b).orElseThrow())
        .startsWith("error: ")
        .contains(reason);
    assertThat(error).doesNotContain("\tat ");
    if (code == 1) {
      assertThat(error).hasLineCount(1);
      assertThat(servers.text(attempt + ".out")).isEmpty();
    }
  }

  private static Map<String, FileTime> files(Path data) throws IOException {
    Map<String, FileTime> files = new TreeMap<>();
    try (Stream<Path> all = Files.list(data)) {
      for (Path file : all.toList()) {
        files.put(file + " " + Files.size(file), Files.getLastModifiedTime(file));
      }
    }
    return files;
  }
}
