package io.rabia.kvstore.server.redis;

import io.netty.buffer.ByteBuf;
import io.rabia.network.server.PortStatistics;
import java.util.List;
import java.util.Locale;

/** What a connection says about itself and the server. Used on the port's event loop. */
final class RedisTalk {
  private static final int MAX_NAME = 1024;

  private final int id;
  private final String version;
  private final int nodeId;
  private final PortStatistics statistics;
  private int protocol = 2;
  private byte[] name = new byte[0];

  /**
   * @param id of the connection, for CLIENT ID
   */
  RedisTalk(int id, String version, int nodeId, PortStatistics statistics) {
    this.id = id;
    this.version = version;
    this.nodeId = nodeId;
    this.statistics = statistics;
  }

  /** 2 or 3. */
  int protocol() {
    return protocol;
  }

  /** Answers a command of the kind TALK, but QUIT. */
  void answer(RedisCommand command, List<byte[]> arguments, ByteBuf out) {
    switch (command) {
      case PING -> ping(arguments, out);
      case ECHO -> RedisReply.bulk(out, arguments.get(1));
      case HELLO -> hello(arguments, out);
      case AUTH ->
          RedisReply.error(
              out,
              "ERR AUTH <password> called without any password configured for the default user."
                  + " Are you sure your configuration is correct?");
      case CLIENT -> client(arguments, out);
      case COMMAND -> describeCommands(arguments, out);
      case INFO -> RedisReply.bulk(out, info());
      case SELECT -> select(arguments.get(1), out);
      default -> throw new IllegalArgumentException(command + " is no talk");
    }
  }

  private static void ping(List<byte[]> arguments, ByteBuf out) {
    if (arguments.size() == 1) {
      RedisReply.simple(out, "PONG");
    } else {
      RedisReply.bulk(out, arguments.get(1));
    }
  }

  private void hello(List<byte[]> arguments, ByteBuf out) {
    int wanted = protocol;
    if (arguments.size() > 1) {
      String text = RedisCommand.upper(arguments.get(1));
      if (!text.equals("2") && !text.equals("3")) {
        RedisReply.error(out, "NOPROTO unsupported protocol version");
        return;
      }
      wanted = text.charAt(0) - '0';
    }
    for (int i = 2; i < arguments.size(); i += 2) {
      if (!RedisCommand.upper(arguments.get(i)).equals("SETNAME") || i + 1 == arguments.size()) {
        RedisReply.error(out, "ERR syntax error in HELLO, served is HELLO [2|3 [SETNAME name]]");
        return;
      }
      if (!rename(arguments.get(i + 1), out)) {
        return;
      }
    }
    protocol = wanted;
    RedisReply.map(out, protocol, 7);
    RedisReply.bulk(out, "server");
    RedisReply.bulk(out, "rabia-kv");
    RedisReply.bulk(out, "version");
    RedisReply.bulk(out, version);
    RedisReply.bulk(out, "proto");
    RedisReply.integer(out, protocol);
    RedisReply.bulk(out, "id");
    RedisReply.integer(out, id);
    RedisReply.bulk(out, "mode");
    RedisReply.bulk(out, "standalone");
    RedisReply.bulk(out, "role");
    RedisReply.bulk(out, "master");
    RedisReply.bulk(out, "modules");
    RedisReply.array(out, 0);
  }

  private void client(List<byte[]> arguments, ByteBuf out) {
    switch (RedisCommand.upper(arguments.get(1))) {
      case "ID" -> RedisReply.integer(out, id);
      case "GETNAME" -> RedisReply.bulk(out, name);
      case "SETNAME" -> {
        if (arguments.size() != 3) {
          RedisReply.error(out, "ERR wrong number of arguments for 'client|setname' command");
        } else if (rename(arguments.get(2), out)) {
          RedisReply.simple(out, "OK");
        }
      }
      case "SETINFO" -> RedisReply.simple(out, "OK");
      default ->
          RedisReply.error(
              out, "ERR unknown subcommand, served are CLIENT ID|GETNAME|SETNAME|SETINFO");
    }
  }

  /** Answers an error and returns false for what is no name, or one that holds too much memory. */
  private boolean rename(byte[] wanted, ByteBuf out) {
    boolean good = wanted.length <= MAX_NAME;
    for (int i = 0; good && i < wanted.length; i++) {
      good = wanted[i] > ' ' && wanted[i] <= '~';
    }
    if (good) {
      name = wanted;
    } else {
      RedisReply.error(
          out,
          "ERR Client names cannot contain spaces, newlines or special characters, nor be longer than "
              + MAX_NAME);
    }
    return good;
  }

  private void describeCommands(List<byte[]> arguments, ByteBuf out) {
    String what = arguments.size() == 1 ? "" : RedisCommand.upper(arguments.get(1));
    switch (what) {
      case "" -> {
        RedisReply.array(out, RedisCommand.values().length);
        for (RedisCommand command : RedisCommand.values()) {
          describe(command, out);
        }
      }
      case "COUNT" -> RedisReply.integer(out, RedisCommand.values().length);
      case "DOCS" -> RedisReply.map(out, protocol, 0);
      default -> RedisReply.error(out, "ERR unknown subcommand, served are COMMAND [COUNT|DOCS]");
    }
  }

  private static void describe(RedisCommand command, ByteBuf out) {
    RedisReply.array(out, 6);
    RedisReply.bulk(out, command.name().toLowerCase(Locale.ROOT));
    RedisReply.integer(out, command.arity());
    RedisReply.array(out, 1);
    RedisReply.simple(out, command.kind() == RedisCommand.Kind.WRITE ? "write" : "readonly");
    RedisReply.integer(out, command.lastKey() == 0 ? 0 : 1);
    RedisReply.integer(out, command.lastKey());
    RedisReply.integer(out, command.step());
  }

  private String info() {
    return "# Server\r\nrabia_version:"
        + version
        + "\r\nnode_id:"
        + nodeId
        + "\r\nredis_mode:standalone\r\n\r\n# Clients\r\nrejected_connections:"
        + statistics.get(PortStatistics.Event.REFUSED)
        + "\r\n\r\n# Stats\r\ntotal_connections_received:"
        + statistics.get(PortStatistics.Event.ACCEPTED)
        + "\r\ntotal_requests:"
        + statistics.get(PortStatistics.Event.REQUESTS)
        + "\r\n";
  }

  private static void select(byte[] database, ByteBuf out) {
    if (RedisCommand.upper(database).equals("0")) {
      RedisReply.simple(out, "OK");
    } else {
      RedisReply.error(out, "ERR DB index is out of range, served is 0");
    }
  }
}
