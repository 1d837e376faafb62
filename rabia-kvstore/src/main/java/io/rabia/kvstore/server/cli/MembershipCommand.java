package io.rabia.kvstore.server.cli;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.network.wire.Fields;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Asks for the configuration, has another one made of it, and prints the one that is in force then:
 * who the members are, and the first slot in which it is theirs to vote.
 */
abstract class MembershipCommand implements Callable<Integer> {

  /** What the configuration is to be. */
  record Next(List<ClusterConfig.Member> members, long alpha) {}

  private static final long RETRY_NANOS = 50_000_000;

  @Mixin private Servers servers = new Servers();

  @Option(names = "--json", description = "one JSON object")
  private boolean json;

  @Option(
      names = "--epoch",
      paramLabel = "N",
      description = "refuse unless this is still the configuration (see 'members')")
  private @Nullable Long epoch;

  @Spec private CommandSpec spec = CommandSpec.create();

  /** Made from the present one. */
  abstract Next next(List<ClusterConfig.Member> members, long alpha);

  @Override
  public final Integer call() {
    try (Operator operator = new Operator(servers, spec.commandLine())) {
      MembersCommand.print(spec, make(operator), json);
      return CommandLine.ExitCode.OK;
    }
  }

  /**
   * Tries again, within the time, what is refused for what may soon be otherwise. A request that
   * was sent twice is refused the second time, for what it made: a later configuration, as one that
   * was asked for before may be equal, too.
   */
  private Fields make(Operator operator) {
    long deadline = System.nanoTime() + servers.timeout().toNanos();
    List<Operator.View> views = operator.views(Operator.View.NEWEST);
    checkAddresses(operator, views);
    while (true) {
      Operator.View asked = views.get(0);
      Next next = next(asked);
      try {
        return operator.askFrom(asked.server(), change(asked.configuration(), next));
      } catch (RabiaException.ChangeRefused e) {
        views = operator.views(Operator.View.NEWEST);
        Operator.View now = views.get(0);
        if (now.epoch() > asked.epoch() && next.equals(present(now))) {
          return now.configuration();
        }
        if (!e.retryable() || System.nanoTime() - deadline > 0) {
          throw e;
        }
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }

  private void checkAddresses(Operator operator, List<Operator.View> views) {
    List<ClusterConfig.Member> known = present(views.get(0)).members();
    for (ClusterConfig.Member member : next(views.get(0)).members()) {
      if (!known.contains(member)) {
        JoiningAddress.check(operator, views, member);
      }
    }
  }

  private Next next(Operator.View now) {
    Next present = present(now);
    return next(present.members(), present.alpha());
  }

  private static Next present(Operator.View now) {
    Fields line = now.configuration();
    return new Next(ClusterConfig.parse(line.text("members")).members(), line.number("alpha"));
  }

  private String change(Fields now, Next next) {
    return "change epoch="
        + (epoch == null ? now.number("epoch") : epoch)
        + " alpha="
        + next.alpha()
        + " members="
        + next.members().stream()
            .map(ClusterConfig.Member::toString)
            .collect(Collectors.joining(","));
  }

  static List<ClusterConfig.Member> with(List<ClusterConfig.Member> members, List<String> added) {
    List<ClusterConfig.Member> next = new ArrayList<>(members);
    next.addAll(ClusterConfig.parse(String.join(",", added)).members());
    return next;
  }

  static List<ClusterConfig.Member> without(
      List<ClusterConfig.Member> members, List<Integer> removed) {
    List<ClusterConfig.Member> next = new ArrayList<>(members);
    for (int id : removed) {
      if (!next.removeIf(member -> member.id().equals(NodeId.of(id)))) {
        throw new RabiaException.Validation("there is no member " + id + " in " + members);
      }
    }
    return next;
  }
}
