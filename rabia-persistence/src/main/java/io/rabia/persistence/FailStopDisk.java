package io.rabia.persistence;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A disk to which nothing more is written once a force has failed, of whatever file and by whatever
 * thread: an operating system tells the failure of a write once, to whoever forces next, and would
 * let the next force pass as if all were safe. So the directory, which log and snapshots share, is
 * forced by one thread at a time: whoever comes after one that failed fails, too.
 *
 * <p>A force for which there was no room is not one that failed: what was to be forced is not used.
 */
final class FailStopDisk implements Disk {
  private final Disk disk;
  private volatile @Nullable IOException failure;

  FailStopDisk(Disk disk) {
    this.disk = disk;
  }

  /** Of the first force that failed; null if none did. */
  @Nullable IOException failure() {
    return failure;
  }

  private void requireWorking() throws IOException {
    IOException failed = failure;
    if (failed != null) {
      throw new IOException("a force failed before: " + failed.getMessage(), failed);
    }
  }

  @Override
  public String location() {
    return disk.location();
  }

  @Override
  public Closeable lock() throws IOException {
    return disk.lock();
  }

  @Override
  public List<String> list() throws IOException {
    return disk.list();
  }

  @Override
  public DiskFile openRead(String name) throws IOException {
    return disk.openRead(name);
  }

  @Override
  public DiskFile openAppend(String name) throws IOException {
    requireWorking();
    return new File(disk.openAppend(name));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    requireWorking();
    disk.rename(from, to);
  }

  @Override
  public void delete(String name) throws IOException {
    requireWorking();
    disk.delete(name);
  }

  @Override
  public synchronized void forceDirectory() throws IOException {
    requireWorking();
    try {
      disk.forceDirectory();
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }

  @Override
  public String bootId() throws IOException {
    return disk.bootId();
  }

  private final class File implements DiskFile {
    private final DiskFile file;

    File(DiskFile file) {
      this.file = file;
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public void read(ByteBuffer target, long position) throws IOException {
      file.read(target, position);
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      requireWorking();
      file.write(source);
    }

    @Override
    public void reserve(long size) throws IOException {
      requireWorking();
      file.reserve(size);
    }

    @Override
    public void rewind() throws IOException {
      file.rewind();
    }

    @Override
    public void truncate(long size) throws IOException {
      requireWorking();
      file.truncate(size);
    }

    @Override
    public void force() throws IOException {
      requireWorking();
      try {
        file.force();
      } catch (NoSpaceException e) {
        throw e;
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
