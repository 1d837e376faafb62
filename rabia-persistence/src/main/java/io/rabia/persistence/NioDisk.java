package io.rabia.persistence;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A directory of the local file system. An interrupt that is pending when a method is called stays
 * pending and does no harm; one that arrives during a write or force closes the file, which is a
 * failed write.
 */
public final class NioDisk implements Disk {
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final String LOCK = "lock";
  private static final String LOCK_OWNER = "lock.owner";

  private final Path directory;

  public NioDisk(Path directory) {
    this.directory = directory.toAbsolutePath().normalize();
  }

  @Override
  public String location() {
    return directory.toString();
  }

  /**
   * {@inheritDoc}
   *
   * <p>The lock is the operating system's lock on a file. Closing any channel on that file would
   * release it for the whole process, so a second taker within this process must be refused before
   * it opens the file: that is what the owner's file is for.
   */
  @Override
  public Closeable lock() throws IOException {
    if (Files.exists(directory)) {
      list();
    } else {
      createDirectory();
    }
    String self = processIdentity();
    Path ownerFile = directory.resolve(LOCK_OWNER);
    String owner = Files.exists(ownerFile) ? Files.readString(ownerFile).strip() : "unknown";
    if (owner.equals(self)) {
      throw inUse(owner);
    }
    FileChannel channel =
        FileChannel.open(
            directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (tryLock(channel) == null) {
        throw inUse(owner);
      }
      Files.writeString(ownerFile, self + "\n");
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    return () -> {
      try (channel) {
        Files.deleteIfExists(ownerFile);
      }
    };
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  private IOException inUse(String owner) {
    return new IOException("the directory is in use by process " + owner);
  }

  /** The process id alone is not enough: in a container every process is number 1. */
  private static String processIdentity() {
    ProcessHandle self = ProcessHandle.current();
    return self.pid() + self.info().startInstant().map(instant -> " started " + instant).orElse("");
  }

  private void createDirectory() throws IOException {
    Deque<Path> missing = new ArrayDeque<>();
    for (Path p = directory; p != null && !Files.exists(p); p = p.getParent()) {
      missing.push(p);
    }
    for (Path p : missing) {
      Files.createDirectory(p);
      forceDirectory(p.getParent());
    }
  }

  @Override
  public List<String> list() throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new NotDirectoryException(location());
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> file.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  @Override
  public DiskFile openRead(String name) throws IOException {
    return new NioFile(
        directory, FileChannel.open(directory.resolve(name), StandardOpenOption.READ));
  }

  @Override
  public DiskFile openAppend(String name) throws IOException {
    try {
      return new NioFile(
          directory,
          FileChannel.open(
              directory.resolve(name),
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.CREATE));
    } catch (IOException e) {
      throw failedWrite(directory, e, 1);
    }
  }

  /** The message is in the language of the machine, so the free space is asked, too. */
  private static IOException failedWrite(Path directory, IOException e, int bytes)
      throws IOException {
    String message = String.valueOf(e.getMessage());
    boolean full =
        message.contains("No space left on device")
            || message.contains("Disk quota exceeded")
            || Files.getFileStore(directory).getUsableSpace() < bytes;
    return full ? new NoSpaceException(message) : e;
  }

  @Override
  public void rename(String from, String to) throws IOException {
    try {
      Files.move(directory.resolve(from), directory.resolve(to), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw failedWrite(directory, e, 0);
    }
  }

  @Override
  public void delete(String name) throws IOException {
    Files.deleteIfExists(directory.resolve(name));
  }

  @Override
  public void forceDirectory() throws IOException {
    forceDirectory(directory);
  }

  private static void forceDirectory(Path directory) throws IOException {
    uninterrupted(
        () -> {
          try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
          }
          return 0;
        });
  }

  /** Linux only: elsewhere a restart of the machine cannot be told from one of the process. */
  @Override
  public String bootId() throws IOException {
    if (!Files.isReadable(BOOT_ID)) {
      throw new FileSystemException(
          BOOT_ID.toString(), null, "not readable, and durability OS cannot do without");
    }
    return Files.readString(BOOT_ID).strip();
  }

  @FunctionalInterface
  private interface IoCall {
    long run() throws IOException;
  }

  /**
   * A channel that is used by an interrupted thread closes itself; a log must not be lost that way.
   */
  private static long uninterrupted(IoCall call) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      return call.run();
    } finally {
      restoreInterrupt(interrupted);
    }
  }

  private static void restoreInterrupt(boolean interrupted) {
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class NioFile implements DiskFile {
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(64 << 10).asReadOnlyBuffer();

    private final Path directory;
    private final FileChannel channel;
    private long end;

    NioFile(Path directory, FileChannel channel) throws IOException {
      this.directory = directory;
      this.channel = channel;
      this.end = uninterrupted(channel::size);
    }

    @Override
    public long size() throws IOException {
      return uninterrupted(channel::size);
    }

    @Override
    public void read(ByteBuffer target, long position) throws IOException {
      uninterrupted(
          () -> {
            long at = position;
            for (int read = 0; target.hasRemaining() && read >= 0; at += read) {
              read = channel.read(target, at);
            }
            return at;
          });
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      end = write(source, end);
    }

    /** Returns where it ended. */
    private long write(ByteBuffer source, long position) throws IOException {
      boolean interrupted = Thread.interrupted();
      long at = position;
      try {
        while (source.hasRemaining()) {
          at += channel.write(source, at);
        }
        return at;
      } catch (IOException e) {
        throw failedWrite(directory, e, source.remaining());
      } finally {
        restoreInterrupt(interrupted);
      }
    }

    @Override
    public void reserve(long size) throws IOException {
      long at = Math.max(end, size());
      while (at < size) {
        at = write(ZEROS.duplicate().limit((int) Math.min(ZEROS.capacity(), size - at)), at);
      }
    }

    @Override
    public void rewind() {
      end = 0;
    }

    @Override
    public void truncate(long size) throws IOException {
      end = uninterrupted(() -> channel.truncate(size).size());
    }

    @Override
    public void force() throws IOException {
      boolean interrupted = Thread.interrupted();
      try {
        channel.force(false);
      } catch (IOException e) {
        throw failedWrite(directory, e, 0);
      } finally {
        restoreInterrupt(interrupted);
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
