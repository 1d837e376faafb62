package io.rabia.engine.protocol;

import io.rabia.core.ClusterId;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Token;
import io.rabia.engine.protocol.Configuration.Member;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * The first configuration, written once by the founder and held by every member for ever
 * (protocol.md section 6, First start). Its hash is the cluster's identity. Immutable.
 *
 * @param members the first one is the founder; origins are numbered from 0
 * @param clockStart first log time, nanoseconds since 1970 by the founder's wall clock
 */
@Internal
public record Init(
    String clusterName, List<Member> members, int alpha, long secretHash, long clockStart) {

  private static final int MAX_MEMBERS = 64;

  public Init {
    members = List.copyOf(members);
  }

  public Token founder() {
    return members.get(0).token();
  }

  public Configuration configuration() {
    return new Configuration(0, 0, alpha, members);
  }

  public ByteBuffer encode() {
    byte[] name = clusterName.getBytes(StandardCharsets.UTF_8);
    int size = 2 + name.length + 4 + 8 + 8 + 1;
    for (Member member : members) {
      size += 2 + 16 + 2 + member.host().getBytes(StandardCharsets.UTF_8).length + 4;
    }
    ByteBuffer out = ByteBuffer.allocate(size);
    putString(out, clusterName);
    out.putInt(alpha).putLong(secretHash).putLong(clockStart).put((byte) members.size());
    for (Member member : members) {
      out.putShort((short) member.id().value());
      out.putLong(member.token().high()).putLong(member.token().low());
      putString(out, member.host());
      out.putInt(member.port());
    }
    return out.flip();
  }

  /**
   * @throws RabiaException.Serialization when the bytes are not an encoded INIT
   */
  public static Init decode(ByteBuffer in) {
    try {
      String name = string(in);
      int alpha = in.getInt();
      long secretHash = in.getLong();
      long clockStart = in.getLong();
      int count = in.get();
      if (count < 1 || count > MAX_MEMBERS) {
        throw new RabiaException.Serialization("INIT with " + count + " members");
      }
      List<Member> members = new ArrayList<>();
      for (int origin = 0; origin < count; origin++) {
        NodeId id = NodeId.of(in.getShort() & 0xFFFF);
        Token token = new Token(in.getLong(), in.getLong());
        members.add(new Member(id, token, origin, string(in), in.getInt()));
      }
      long ids = members.stream().map(Member::id).distinct().count();
      long tokens =
          members.stream().map(Member::token).filter(t -> !t.equals(Token.NONE)).distinct().count();
      if (ids != count || tokens != count) {
        throw new RabiaException.Serialization("INIT with a member twice");
      }
      if (in.hasRemaining() || alpha < 8 || alpha > 4096) {
        throw new RabiaException.Serialization("malformed INIT");
      }
      return new Init(name, members, alpha, secretHash, clockStart);
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new RabiaException.Serialization("malformed INIT");
    }
  }

  private static void putString(ByteBuffer out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.putShort((short) bytes.length).put(bytes);
  }

  private static String string(ByteBuffer in) {
    int length = in.getShort();
    if (length < 0 || length > in.remaining()) {
      throw new RabiaException.Serialization("malformed INIT");
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  public ClusterId clusterId() {
    try {
      ByteBuffer digest =
          ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(encode().array()));
      return new ClusterId(digest.getLong(), digest.getLong());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
