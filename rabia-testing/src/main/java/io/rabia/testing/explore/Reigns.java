package io.rabia.testing.explore;

import io.rabia.core.Token;
import io.rabia.engine.protocol.Change;
import io.rabia.engine.protocol.Configuration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whose votes count in which slots, found from the changes in the order of their slots: written
 * from the text of protocol.md section 7, with its own arithmetic. One thread.
 */
final class Reigns {

  /**
   * A configuration.
   *
   * @param first the first slot that it governs
   */
  record Reign(long epoch, long first, int alpha, List<Token> members) {
    /** Is it what a replica holds for this one? */
    boolean is(Configuration other) {
      return epoch == other.epoch()
          && first == other.firstSlot()
          && alpha == other.alpha()
          && members.equals(other.members().stream().map(Configuration.Member::token).toList());
    }
  }

  private final List<Reign> reigns = new ArrayList<>();
  private final Set<Token> lives = new HashSet<>();

  Reigns(Configuration founders) {
    List<Token> members = founders.members().stream().map(Configuration.Member::token).toList();
    reigns.add(new Reign(0, 0, founders.alpha(), members));
    lives.addAll(members);
  }

  /** The one that governs the slot, as far as any change is applied anywhere. */
  Reign of(long slot) {
    int last = reigns.size() - 1;
    while (last > 0 && slot < reigns.get(last).first()) {
      last--;
    }
    return reigns.get(last);
  }

  /** A change was applied in this slot for the first time anywhere; null when it is refused. */
  @Nullable Reign change(long slot, Change change) {
    Reign now = reigns.get(reigns.size() - 1);
    List<Token> members = change.members().stream().map(Change.Entry::token).toList();
    boolean anew =
        members.stream().anyMatch(life -> !now.members().contains(life) && lives.contains(life));
    if (change.epoch() != now.epoch() || slot < now.first() || anew) {
      return null;
    }
    Reign next =
        new Reign(
            now.epoch() + 1, slot + Math.max(now.alpha(), change.alpha()), change.alpha(), members);
    reigns.add(next);
    lives.addAll(members);
    return next;
  }
}
