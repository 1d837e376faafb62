package io.rabia.engine;

import io.rabia.core.NodeId;
import io.rabia.core.Token;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.Replica;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a node, by the place that the {@link Replica} gave to who is at the other end:
 * members, those that are members no more, and those that are not yet. One thread.
 */
final class Links {
  private static final int NOBODY = -1;

  /** One life of a node, as far as heard of by this one. */
  static final class Link {
    final NodeId id;
    final Token token;
    boolean connected;
    boolean heard;

    /** Slots that it has applied, and those that it has again after a crash. */
    long applied;

    long kept;
    long lastSent;

    /** When it last said something, or was connected. */
    long heardAt;

    /** When its last connection ended; the start of this node if there was none. */
    long lostAt;

    Link(NodeId id, Token token, long now) {
      this.id = id;
      this.token = token;
      lostAt = now;
      heardAt = now;
    }
  }

  private final Replica replica;
  private final long startedAt;
  private Link[] links = {};

  /** Whose links were asked for last: mostly the same again. */
  private @Nullable Configuration asked;

  private Link[] ofAsked = {};

  /** This node is connected to itself. */
  Links(Replica replica, NodeId id, Token own, long now) {
    this.replica = replica;
    startedAt = now;
    speakAs(id, own);
  }

  void speakAs(NodeId id, Token own) {
    for (Link link : links) {
      link.connected = false;
      link.heard = false;
    }
    Link self = at(replica.self(), id, own);
    self.connected = true;
    self.heard = true;
  }

  private Link at(int place, NodeId id, Token token) {
    if (place >= links.length) {
      int known = links.length;
      links = Arrays.copyOf(links, place + 1);
      for (int i = known; i < place; i++) {
        links[i] = new Link(id, Token.NONE, startedAt);
      }
      links[place] = new Link(id, token, startedAt);
    }
    if (!links[place].token.equals(token)) {
      links[place] = new Link(id, token, startedAt);
      asked = null;
    }
    return links[place];
  }

  int size() {
    return links.length;
  }

  Link get(int place) {
    return links[place];
  }

  /** The place of this life, which may not be connected. */
  int place(NodeId id, Token token) {
    int place = replica.place(id, token);
    at(place, id, token);
    return place;
  }

  /** The place of who is connected under this id, or -1. */
  int connected(NodeId id) {
    for (int place = 0; place < links.length; place++) {
      if (links[place].connected && place != replica.self() && links[place].id.equals(id)) {
        return place;
      }
    }
    return NOBODY;
  }

  Link of(Configuration.Member member) {
    return at(replica.place(member.id(), member.token()), member.id(), member.token());
  }

  private Link[] of(Configuration configuration) {
    if (!configuration.equals(asked)) {
      ofAsked = new Link[configuration.size()];
      for (int i = 0; i < ofAsked.length; i++) {
        ofAsked[i] = of(configuration.members().get(i));
      }
      asked = configuration;
    }
    return ofAsked;
  }

  int count(Configuration configuration) {
    int count = 0;
    for (Link link : of(configuration)) {
      count += link.connected ? 1 : 0;
    }
    return count;
  }

  /** Members that have said where they are. */
  int heard(Configuration configuration) {
    int count = 0;
    for (Link link : of(configuration)) {
      count += link.heard ? 1 : 0;
    }
    return count;
  }

  /** So many slots every other member of the configuration has again after a crash. */
  long kept(Configuration configuration) {
    long least = Long.MAX_VALUE;
    for (Link link : of(configuration)) {
      least = link == links[replica.self()] ? least : Math.min(least, link.kept);
    }
    return least;
  }
}
