package io.rabia.benchmarks.port;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The command line of a member's process: {@code INDEX MEMBER-PORTS CLIENT-PORTS DIRECTORY FSYNC}.
 *
 * @param index its place in the lists, from 0
 * @param memberPorts where members reach each other, on loopback: {@link #PORTS} for each
 * @param clientPorts where clients reach them
 * @param directory for its log
 * @param fsync whether it answers only what is forced to disk
 */
public record NodeArguments(
    int index,
    List<Integer> memberPorts,
    List<Integer> clientPorts,
    Path directory,
    boolean fsync) {

  /** Ports of a member for other members, of which it uses as many as it needs. */
  public static final int PORTS = 4;

  public static final String HOST = "127.0.0.1";

  /** What a member prints once it takes requests or knows who does. */
  public static final String READY = "READY";

  public NodeArguments {
    memberPorts = List.copyOf(memberPorts);
    clientPorts = List.copyOf(clientPorts);
  }

  public static NodeArguments parse(String[] arguments) {
    return new NodeArguments(
        Integer.parseInt(arguments[0]),
        ports(arguments[1]),
        ports(arguments[2]),
        Path.of(arguments[3]),
        Boolean.parseBoolean(arguments[4]));
  }

  private static List<Integer> ports(String list) {
    return Arrays.stream(list.split(",", -1)).map(Integer::valueOf).toList();
  }

  /** As {@link #parse} takes them. */
  public List<String> toList() {
    return List.of(
        String.valueOf(index),
        String.join(",", memberPorts.stream().map(String::valueOf).toList()),
        String.join(",", clientPorts.stream().map(String::valueOf).toList()),
        directory.toString(),
        String.valueOf(fsync));
  }

  public int clientPort() {
    return clientPorts.get(index);
  }

  /** How many members there are. */
  public int members() {
    return clientPorts.size();
  }

  /**
   * A port for other members.
   *
   * @param which from 0 to {@link #PORTS} - 1
   */
  public int memberPort(int member, int which) {
    return memberPorts.get(member * PORTS + which);
  }
}
