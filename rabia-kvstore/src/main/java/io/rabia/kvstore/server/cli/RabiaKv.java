package io.rabia.kvstore.server.cli;

import io.rabia.core.RabiaException;
import io.rabia.kvstore.StoreException;
import io.rabia.kvstore.server.KvServer;
import io.rabia.kvstore.server.Settings;
import io.rabia.kvstore.server.Version;
import io.rabia.network.wire.ErrorCode;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The command line of rabia-kv.jar. Exit codes: 0 done, 1 not done, 2 not understood, 3 refused by
 * the members, 4 nobody knows whether it was done or will be.
 */
@Command(
    name = "rabia-kv",
    description = "Replicated key-value store",
    mixinStandardHelpOptions = true,
    scope = CommandLine.ScopeType.INHERIT,
    versionProvider = RabiaKv.VersionText.class)
public final class RabiaKv {
  private static final String NAMES_REMEMBERED = "networkaddress.cache.ttl";
  private static final String LEAKS_SOUGHT = "io.netty.leakDetection.level";

  /** In the order of the help. */
  private static final List<String> COMMANDS =
      List.of(
          "status",
          "get",
          "set",
          "del",
          "exists",
          "take",
          "cas",
          "incr",
          "append",
          "ttl",
          "expire",
          "keys",
          "range",
          "mget",
          "mset",
          "size",
          "clear",
          "txn",
          "watch",
          "members",
          "add",
          "remove",
          "replace",
          "reconfigure",
          "snapshot",
          "backup",
          "export",
          "import",
          "log",
          "bench",
          "check",
          "server",
          "local",
          "restore",
          "recover");

  static final int NOT_DONE = 1;
  static final int REFUSED = 3;
  static final int UNKNOWN = 4;

  private RabiaKv() {}

  /** What {@code --version} prints. */
  static final class VersionText implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"rabia-kv " + Version.current()};
    }
  }

  public static void main(String... arguments) {
    // Else a member that moved would be looked for at its old address for 30 s.
    if (Security.getProperty(NAMES_REMEMBERED) == null) {
      Security.setProperty(NAMES_REMEMBERED, "1");
    }
    // Else the stack is walked for one buffer in 128.
    if (System.getProperty(LEAKS_SOUGHT) == null) {
      System.setProperty(LEAKS_SOUGHT, "disabled");
    }
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    System.exit(run(KvServer::startEngine, out, err, arguments));
  }

  /** Runs the command line with a server on the given kind of node and returns the exit code. */
  public static int run(
      KvServer.NodeStarter starter, PrintWriter out, PrintWriter err, String... arguments) {
    Map<String, String> settings = SettingFlags.plain(arguments);
    if (settings != null) {
      try {
        Settings inForce = Settings.load(settings, System.getenv(), null);
        return explain(ServerCommand.serve(inForce, starter, out), err);
      } catch (Exception e) {
        return explain(e, err);
      }
    }
    CommandLine line = new CommandLine(new RabiaKv());
    // Only the one that is called: to look at all of them takes longer than to start a server.
    boolean known = arguments.length > 0 && COMMANDS.contains(arguments[0]);
    for (String name : known ? List.of(arguments[0]) : COMMANDS) {
      line.addSubcommand(name, command(name, starter));
    }
    line.setOut(out).setErr(err);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler((failure, command, parsed) -> explain(failure, err));
    if (arguments.length == 0) {
      line.usage(err);
      return CommandLine.ExitCode.USAGE;
    }
    return line.execute(arguments);
  }

  private static Object command(String name, KvServer.NodeStarter starter) {
    return switch (name) {
      case "status" -> new StatusCommand();
      case "get" -> new GetCommand();
      case "set" -> new SetCommand();
      case "del" -> new DeleteCommand();
      case "exists" -> new ExistsCommand();
      case "take" -> new TakeCommand();
      case "cas" -> new CompareAndSetCommand();
      case "incr" -> new IncrementCommand();
      case "append" -> new AppendCommand();
      case "ttl" -> new TtlCommand();
      case "expire" -> new ExpireCommand();
      case "keys" -> new KeysCommand();
      case "range" -> new RangeCommand();
      case "mget" -> new MultiGetCommand();
      case "mset" -> new MultiSetCommand();
      case "size" -> new CountCommand();
      case "clear" -> new ClearCommand();
      case "watch" -> new WatchCommand();
      case "members" -> new MembersCommand();
      case "add" -> new AddCommand();
      case "remove" -> new RemoveCommand();
      case "replace" -> new ReplaceCommand();
      case "reconfigure" -> new ReconfigureCommand();
      case "snapshot" -> new SnapshotCommand();
      case "backup" -> new BackupCommand();
      case "export" -> new ExportCommand();
      case "import" -> new ImportCommand();
      case "log" -> new LogCommand();
      case "bench" -> new BenchCommand();
      case "check" -> new CheckCommand();
      case "txn" ->
          // Negative numbers are among its words.
          new CommandLine(new TransactionCommand()).setUnmatchedOptionsArePositionalParams(true);
      case "server" -> SettingFlags.specification(new ServerCommand(starter));
      case "local" -> new LocalCommand(starter);
      case "restore" -> SettingFlags.specification(new RestoreCommand());
      case "recover" -> SettingFlags.specification(new RecoverCommand());
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static int explain(Exception failure, PrintWriter err) {
    boolean unknown = failure instanceof StoreException store && store.outcomeUnknown();
    if (failure instanceof RabiaException || failure instanceof StoreException) {
      err.println("error: " + ErrorCode.text(failure));
    } else {
      failure.printStackTrace(err);
    }
    if (unknown) {
      err.println("it may have been done, or may be yet: look before you do it again");
    }
    err.flush();
    if (unknown) {
      return UNKNOWN;
    }
    return failure instanceof RabiaException.NotAMember ? REFUSED : NOT_DONE;
  }
}
