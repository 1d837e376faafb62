package io.rabia.persistence;

import io.rabia.core.persistence.SnapshotReader;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A snapshot's file, read by parts. One thread. */
final class StoredSnapshot implements SnapshotReader {
  private final SnapshotFile.Content content;
  private final String location;
  private final long length;

  StoredSnapshot(SnapshotFile.Content content, String location) throws IOException {
    this.content = content;
    this.location = location;
    length = content.length();
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public void read(long position, ByteBuffer target) {
    try {
      long left = length - position;
      if (left > 0 && target.hasRemaining()) {
        content.seek(position);
        int end = target.position() + (int) Math.min(left, target.remaining());
        while (target.position() < end) {
          content.read(target, end - target.position());
        }
      }
    } catch (IOException e) {
      throw FilePersistence.storage("cannot read a snapshot in " + location, e);
    }
  }

  @Override
  public void close() {
    try {
      content.close();
    } catch (IOException e) {
      throw FilePersistence.storage("cannot close a snapshot in " + location, e);
    }
  }
}
