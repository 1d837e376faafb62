package io.rabia.engine.protocol;

import io.rabia.core.NodeId;
import io.rabia.core.Token;
import io.rabia.engine.protocol.Configuration.Member;
import java.util.List;
import java.util.stream.IntStream;

/** Configurations for tests: members 1 to n with tokens of their own. */
final class Configurations {
  private Configurations() {}

  static List<Member> members(int n) {
    return IntStream.range(0, n)
        .mapToObj(i -> new Member(NodeId.of(i + 1), token(i + 1), i, "host" + (i + 1), 7100 + i))
        .toList();
  }

  static Token token(int id) {
    return new Token(id, 100 + id);
  }

  /** As the first member sees them. */
  static Eras eras(int n, int alpha) {
    return new Eras(of(n, alpha), NodeId.of(1), token(1));
  }

  static Configuration of(int n, int alpha) {
    return new Configuration(0, 0, alpha, members(n));
  }
}
