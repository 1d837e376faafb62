package io.rabia.persistence;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * One flat directory of files, as little of it as a log needs, so that a simulated disk can stand
 * in for the real one. Names are plain file names. A file is used by one thread at a time,
 * different ones by different threads; every call is synchronous.
 *
 * <p>What survives: written bytes survive the death of the process; {@link DiskFile#force} makes a
 * file's bytes and size survive the loss of power; {@link #forceDirectory} does so for every
 * create, rename and delete before it. What was not forced may be lost in any part and any order.
 * Every method throws {@link IOException} when the disk fails.
 */
public interface Disk {

  /** Where this is, for messages to people. */
  String location();

  /**
   * Takes the directory for this process alone until the result is closed or the process dies, and
   * creates it durably if it is missing.
   *
   * @throws IOException at once when somebody holds it or it cannot be used; then nothing was
   *     written
   */
  Closeable lock() throws IOException;

  /** The names of all files, sorted. */
  List<String> list() throws IOException;

  /** Opens for reading only; the file must exist. */
  DiskFile openRead(String name) throws IOException;

  /**
   * Opens for reading, and for writing at the end unless it is told otherwise; creates the file if
   * it is missing.
   *
   * @throws NoSpaceException when there is no room for it
   */
  DiskFile openAppend(String name) throws IOException;

  /**
   * Renames in one step, replacing {@code to}.
   *
   * @throws NoSpaceException when there is no room for the name; nothing was done
   */
  void rename(String from, String to) throws IOException;

  /** There is no file of this name when it returns; there need not have been one. */
  void delete(String name) throws IOException;

  void forceDirectory() throws IOException;

  /**
   * Names the time since the machine was last started: as long as it is the same, nothing that was
   * written can have been lost.
   */
  String bootId() throws IOException;
}
