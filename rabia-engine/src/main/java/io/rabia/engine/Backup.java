package io.rabia.engine;

import io.rabia.core.ClusterId;
import io.rabia.core.RabiaException;
import io.rabia.engine.protocol.Init;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * What a snapshot of a cluster is of, and how it begins as a file: this head, then the content, of
 * which the head states length and checksum. No member's own promises are in it, so it makes no
 * member of that cluster; {@link NewCluster} makes a cluster of it. Immutable.
 *
 * <pre>
 * head: magic "RBAK" i32 | format version i32 | length i32 of: slot, hash, data hash, content length i64,
 *       checksum of the content i32, INIT | crc32c of all before i32
 * </pre>
 */
public final class Backup {
  private static final int MAGIC = 0x5242414B;
  static final int VERSION = 1;
  private static final int MAX_BODY = 1 << 20;

  private final Init init;
  private final long slot;
  private final long hash;
  private final long data;
  private final long length;
  private final int checksum;

  Backup(Init init, long slot, long hash, long data, long length, int checksum) {
    this.init = init;
    this.slot = slot;
    this.hash = hash;
    this.data = data;
    this.length = length;
    this.checksum = checksum;
  }

  Init init() {
    return init;
  }

  /** The name of the cluster. */
  public String cluster() {
    return init.clusterName();
  }

  public ClusterId clusterId() {
    return init.clusterId();
  }

  /** The first slot that is not in it: as many are applied. */
  public long slot() {
    return slot;
  }

  /** {@link EngineStatus#hash} at that slot, of every member. */
  public long hash() {
    return hash;
  }

  /** {@link EngineStatus#data} at that slot. */
  public long data() {
    return data;
  }

  /** Bytes of content. */
  public long length() {
    return length;
  }

  /** CRC32C of the content. */
  public int checksum() {
    return checksum;
  }

  /** How the file begins. */
  public byte[] head() {
    ByteBuffer encoded = init.encode();
    ByteBuffer head = ByteBuffer.allocate(3 * 4 + 4 * 8 + 4 + encoded.remaining() + 4);
    head.putInt(MAGIC).putInt(VERSION).putInt(head.capacity() - 4 * 4);
    head.putLong(slot).putLong(hash).putLong(data).putLong(length).putInt(checksum);
    head.put(encoded);
    CRC32C crc = new CRC32C();
    crc.update(head.array(), 0, head.position());
    return head.putInt((int) crc.getValue()).array();
  }

  /**
   * Reads the head; the content follows.
   *
   * @throws RabiaException.Validation if it is no backup, or of a later format
   * @throws RabiaException.Checksum if it is damaged
   */
  public static Backup read(InputStream file) throws IOException {
    DataInputStream in = new DataInputStream(file);
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    DataOutputStream copy = new DataOutputStream(read);
    try {
      int magic = in.readInt();
      int version = in.readInt();
      int size = in.readInt();
      if (magic != MAGIC) {
        throw new RabiaException.Validation("this is no backup");
      }
      if (version != VERSION) {
        throw new RabiaException.Validation(
            "a backup of format version " + version + ", known is " + VERSION);
      }
      if (size < 0 || size > MAX_BODY) {
        throw new RabiaException.Checksum("the head of the backup is damaged");
      }
      byte[] body = in.readNBytes(size);
      copy.writeInt(magic);
      copy.writeInt(version);
      copy.writeInt(size);
      copy.write(body);
      CRC32C crc = new CRC32C();
      crc.update(read.toByteArray());
      if (body.length < size || in.readInt() != (int) crc.getValue()) {
        throw new RabiaException.Checksum("the head of the backup is damaged");
      }
      ByteBuffer head = ByteBuffer.wrap(body);
      long slot = head.getLong();
      long hash = head.getLong();
      long data = head.getLong();
      long length = head.getLong();
      int checksum = head.getInt();
      return new Backup(Init.decode(head), slot, hash, data, length, checksum);
    } catch (EOFException e) {
      throw new RabiaException.Validation("this is no backup: it ends within its head");
    }
  }

  /**
   * Reads the content to its end.
   *
   * @throws RabiaException.Checksum if it is not what the head states
   */
  public void verify(InputStream content) throws IOException {
    ChecksumInput through = new ChecksumInput(content);
    through.transferTo(OutputStream.nullOutputStream());
    if (through.bytes() != length) {
      throw new RabiaException.Checksum(
          "the backup has " + through.bytes() + " bytes of content, its head says " + length);
    }
    if (through.checksum() != checksum) {
      throw new RabiaException.Checksum("the content of the backup is damaged");
    }
  }

  /** From what {@link #head} gave. */
  static Backup of(byte[] head) {
    try {
      return read(new ByteArrayInputStream(head));
    } catch (IOException e) {
      throw new UncheckedIOException("memory", e);
    }
  }
}
