package io.rabia.engine;

import io.rabia.core.NodeId;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * What the content of a snapshot says about itself. Immutable.
 *
 * @param member whose it is
 * @param cluster the name of the cluster
 * @param slot the first slot that is not in it: as many are applied
 */
public record SnapshotSummary(NodeId member, String cluster, long slot) {

  /**
   * Reads the beginning of the content.
   *
   * @throws io.rabia.core.RabiaException.Storage if it is of a later version
   */
  public static SnapshotSummary read(InputStream content) throws IOException {
    DataInputStream in = new DataInputStream(content);
    SnapshotHead head = SnapshotHead.read(in);
    in.readLong(); // the batch numbers
    head.requireShared(in);
    return new SnapshotSummary(head.id(), head.init().clusterName(), in.readLong());
  }
}
