package io.rabia.kvstore.server.cli;

import io.rabia.core.RabiaException;
import io.rabia.kvstore.StoreException;
import io.rabia.kvstore.server.KvServer;
import io.rabia.kvstore.server.Version;
import io.rabia.network.wire.ErrorCode;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.security.Security;
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
    versionProvider = RabiaKv.VersionText.class,
    subcommands = {
      StatusCommand.class,
      GetCommand.class,
      SetCommand.class,
      DeleteCommand.class,
      ExistsCommand.class,
      TakeCommand.class,
      CompareAndSetCommand.class,
      IncrementCommand.class,
      AppendCommand.class,
      TtlCommand.class,
      ExpireCommand.class,
      KeysCommand.class,
      RangeCommand.class,
      MultiGetCommand.class,
      MultiSetCommand.class,
      CountCommand.class,
      ClearCommand.class,
      TransactionCommand.class,
      WatchCommand.class,
      MembersCommand.class,
      AddCommand.class,
      RemoveCommand.class,
      ReplaceCommand.class,
      ReconfigureCommand.class,
      SnapshotCommand.class,
      BackupCommand.class,
      ExportCommand.class,
      ImportCommand.class,
      LogCommand.class,
      BenchCommand.class,
      CheckCommand.class
    })
public final class RabiaKv {
  private static final String NAMES_REMEMBERED = "networkaddress.cache.ttl";

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
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    System.exit(run(KvServer::startEngine, out, err, arguments));
  }

  /** Runs the command line with a server on the given kind of node and returns the exit code. */
  public static int run(
      KvServer.NodeStarter starter, PrintWriter out, PrintWriter err, String... arguments) {
    CommandLine line = new CommandLine(new RabiaKv());
    line.addSubcommand(SettingFlags.specification(new ServerCommand(starter)));
    line.addSubcommand(new LocalCommand(starter));
    line.addSubcommand(SettingFlags.specification(new RestoreCommand()));
    line.addSubcommand(SettingFlags.specification(new RecoverCommand()));
    // Negative numbers are among its words.
    line.getSubcommands().get("txn").setUnmatchedOptionsArePositionalParams(true);
    line.setOut(out).setErr(err);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler((failure, command, parsed) -> explain(failure, command));
    if (arguments.length == 0) {
      line.usage(err);
      return CommandLine.ExitCode.USAGE;
    }
    return line.execute(arguments);
  }

  private static int explain(Exception failure, CommandLine command) throws Exception {
    if (!(failure instanceof RabiaException) && !(failure instanceof StoreException)) {
      throw failure;
    }
    boolean unknown = failure instanceof StoreException store && store.outcomeUnknown();
    command.getErr().println("error: " + ErrorCode.text(failure));
    if (unknown) {
      command.getErr().println("it may have been done, or may be yet: look before you do it again");
    }
    command.getErr().flush();
    if (unknown) {
      return UNKNOWN;
    }
    return failure instanceof RabiaException.NotAMember ? REFUSED : NOT_DONE;
  }
}
