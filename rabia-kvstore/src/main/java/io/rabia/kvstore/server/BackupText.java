package io.rabia.kvstore.server;

import io.rabia.engine.Backup;
import java.util.Locale;

/** What a backup is of, as a line for people and scripts. */
public final class BackupText {

  private BackupText() {}

  /** {@code word slot=... hash=... data=... bytes=... crc=...}. */
  public static String line(String word, Backup backup) {
    return String.format(
        Locale.ROOT,
        "%s slot=%d hash=%016x data=%016x bytes=%d crc=%08x",
        word,
        backup.slot(),
        backup.hash(),
        backup.data(),
        backup.length(),
        backup.checksum());
  }
}
