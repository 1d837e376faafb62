package io.rabia.core.persistence;

/** What a member's promises survive (protocol.md section 6). */
public enum Durability {
  /** Power loss of every machine: forced to disk before it leaves. */
  FSYNC,
  /**
   * kill -9 of every process; power loss of up to f machines: handed to the operating system before
   * it leaves.
   */
  OS,
  /** Up to f members lost at any moment: nothing on disk. */
  MEMORY
}
