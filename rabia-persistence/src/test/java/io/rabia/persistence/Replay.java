package io.rabia.persistence;

import io.rabia.core.persistence.Persistence;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Takes the groups of a log, and those that a snapshot of {@link Texts} stands for. */
final class Replay implements Persistence.GroupHandler {
  private final List<String> replayed;
  private final List<String> losses = new ArrayList<>();
  private boolean withoutVotes;

  Replay(List<String> replayed) {
    this.replayed = replayed;
  }

  /** Goes on when votes are lost. */
  Replay withoutVotes() {
    withoutVotes = true;
    return this;
  }

  /** What was said about lost votes. */
  List<String> losses() {
    return losses;
  }

  @Override
  public void onVotesLost(String why) {
    losses.add(why);
    if (!withoutVotes) {
      Persistence.GroupHandler.super.onVotesLost(why);
    }
  }

  @Override
  public void onSnapshot(long first, InputStream content) throws IOException {
    DataInputStream in = new DataInputStream(content);
    int count = in.readInt();
    for (int i = 0; i < count; i++) {
      replayed.add(in.readUTF());
    }
    if (in.read() >= 0) {
      throw new AssertionError("more than was written");
    }
  }

  @Override
  public boolean onGroup(long number, ByteBuffer group) {
    replayed.add(Logs.text(group));
    if (number != replayed.size()) {
      throw new AssertionError("group " + number + " came as " + replayed.size());
    }
    return true;
  }
}
