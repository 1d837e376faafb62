package io.rabia.engine;

import io.rabia.core.NodeId;
import io.rabia.engine.protocol.Configuration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a process learns that its member goes on with other votes when nobody lets it in any more to
 * read that in the log: by the words with which it is refused (protocol.md section 6).
 *
 * <p>Why no healthy member stops: the words count only from a member of the configuration that it
 * knows, with an epoch that it does not know, and only until that member lets it in; more members
 * must say so than may fail, so one of them is right. And who is right has applied the change that
 * replaced the token, of which no vote counts any more. One thread.
 */
final class Dismissal {
  private static final Pattern WORDS = Pattern.compile("epoch (\\d{1,18}): member (\\d{1,5}) is ");

  private final NodeId id;
  private final Map<NodeId, Long> epochs = new TreeMap<>();

  /**
   * @param id of the member that may be dismissed
   */
  Dismissal(NodeId id) {
    this.id = id;
  }

  /** What is said to a process under the id of a member that is connected with other votes. */
  static String words(NodeId member, long epoch) {
    return String.format(
        Locale.ROOT, "epoch %d: member %s is connected with other votes", epoch, member);
  }

  /** Do these words say so of this member? */
  static boolean isOf(NodeId member, String words) {
    Matcher matcher = WORDS.matcher(words);
    return matcher.lookingAt() && matcher.group(2).equals(member.toString());
  }

  /** Notes why a peer refused this process. */
  void refused(NodeId by, String words) {
    Matcher matcher = WORDS.matcher(words);
    if (isOf(id, words) && matcher.lookingAt()) {
      epochs.put(by, Long.parseLong(matcher.group(1)));
    } else {
      epochs.remove(by);
    }
  }

  /** A peer let it in. */
  void accepted(NodeId by) {
    epochs.remove(by);
  }

  /** Have more than may fail of these members said so? */
  boolean isCertain(Configuration newest) {
    int said = 0;
    for (Configuration.Member member : newest.members()) {
      long epoch = epochs.getOrDefault(member.id(), newest.epoch());
      said += !member.id().equals(id) && epoch > newest.epoch() ? 1 : 0;
    }
    return said > newest.size() - newest.quorum();
  }
}
