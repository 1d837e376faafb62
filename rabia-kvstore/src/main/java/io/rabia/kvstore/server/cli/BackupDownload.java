package io.rabia.kvstore.server.cli;

import io.rabia.core.RabiaException;
import io.rabia.engine.Backup;
import io.rabia.network.wire.ErrorCode;
import io.rabia.network.wire.Fields;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

/** Copies a snapshot of a running server into a file. One thread. */
final class BackupDownload {
  private final Operator operator;

  BackupDownload(Operator operator) {
    this.operator = operator;
  }

  /**
   * Takes one of the first server of the list that serves and gives it, else of another one. The
   * file has its name when it is whole, verified and forced.
   *
   * @throws RabiaException.Storage when the file is there already, or cannot be written
   */
  Backup to(Path file) {
    WholeFile.requireAbsent(file);
    List<Operator.View> views = operator.views(Operator.View.SERVING);
    for (int i = 0; ; i++) {
      try {
        return from(views.get(i).server(), file);
      } catch (IOException e) {
        throw new RabiaException.Storage("cannot write the backup " + file + ": " + e, e);
      } catch (RabiaException e) {
        if (!ErrorCode.of(e).anotherServerMayServe() || i == views.size() - 1) {
          throw e;
        }
      }
    }
  }

  private Backup from(int server, Path file) throws IOException {
    Fields opened = operator.ask(server, "backup");
    byte[] head = Base64.getDecoder().decode(opened.text("head"));
    Backup backup = Backup.read(new ByteArrayInputStream(head));
    WholeFile.write(
        file,
        out -> {
          write(out, head);
          copy(server, opened.text("backup"), backup.length(), out);
          verify(out);
        });
    return backup;
  }

  private void copy(int server, String backup, long length, FileChannel out) throws IOException {
    for (long at = 0; at < length; ) {
      byte[] piece = operator.read(server, backup, at);
      if (piece.length == 0) {
        throw new RabiaException.Checksum("the server's snapshot ends early");
      }
      write(out, piece);
      at += piece.length;
    }
  }

  private static void write(FileChannel out, byte[] bytes) throws IOException {
    ByteBuffer left = ByteBuffer.wrap(bytes);
    while (left.hasRemaining()) {
      out.write(left);
    }
  }

  private static void verify(FileChannel written) throws IOException {
    InputStream in = new BufferedInputStream(Channels.newInputStream(written.position(0)));
    Backup.read(in).verify(in);
  }
}
