package io.rabia.engine.protocol;

import io.rabia.core.NodeId;
import io.rabia.core.Token;
import java.util.Arrays;

/**
 * Everyone whom a replica knows, members or not, each life of each at a place of its own: places
 * name senders and receivers where configurations come and go. Founders have the first places, in
 * order; a place is used again once nobody needs it. One thread.
 */
final class Peers {
  private Peer[] peers = {};

  Peer get(int place) {
    return peers[place];
  }

  int size() {
    return peers.length;
  }

  /** The place of this life, or -1. */
  int find(Token token) {
    for (int place = 0; place < peers.length; place++) {
      if (peers[place].token.equals(token)) {
        return place;
      }
    }
    return -1;
  }

  /**
   * The place of this life, which gets one if it has none.
   *
   * @param newest who is a member in this era or in one before keeps their place
   */
  int place(NodeId id, Token token, Era newest) {
    int place = find(token);
    if (place >= 0) {
      return place;
    }
    place = 0;
    while (place < peers.length && (peers[place].isNeeded() || newest.knows(place))) {
      place++;
    }
    return put(place, new Peer(id, token));
  }

  /** The next place, for one of the founders or for this replica itself. */
  int add(NodeId id, Token token) {
    return put(peers.length, new Peer(id, token));
  }

  private int put(int place, Peer peer) {
    if (place == peers.length) {
      peers = Arrays.copyOf(peers, place + 1);
    }
    peers[place] = peer;
    return place;
  }
}
