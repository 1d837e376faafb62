package io.rabia.core.statemachine;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * A map of texts for first steps. Commands and results are UTF-8; keys hold no space, a value is
 * everything behind the key's space. Called by one thread, as every {@link StateMachine}.
 *
 * <table>
 * <caption>Commands</caption>
 * <tr><th>command</th><th>result</th></tr>
 * <tr><td>{@code SET key value}</td><td>{@code OK}, or {@code ERR full} for a new key beyond the
 *     bound</td></tr>
 * <tr><td>{@code GET key}</td><td>the value, or {@code NIL}; the one command that is a query,
 *     too</td></tr>
 * <tr><td>{@code DEL key}</td><td>{@code OK}, or {@code NIL} when there was none</td></tr>
 * <tr><td>anything else</td><td>{@code ERR} and what is wrong; the state is unchanged</td></tr>
 * </table>
 */
public final class InMemoryStateMachine implements StateMachine {

  private static final int FORMAT = 1;
  private static final int DEFAULT_MAX_ENTRIES = 1_000_000;

  private static final String OK = "OK";
  private static final String NIL = "NIL";
  private static final String USAGE = "ERR expected SET key value, GET key or DEL key";

  private final int maxEntries;
  private Map<String, String> entries = new HashMap<>();
  private long hash;

  /** Bounded to a million entries. */
  public InMemoryStateMachine() {
    this(DEFAULT_MAX_ENTRIES);
  }

  /**
   * @param maxEntries must be the same at every replica
   */
  public InMemoryStateMachine(int maxEntries) {
    this.maxEntries = maxEntries;
  }

  @Override
  public byte[] apply(long slot, long logTime, ByteBuffer command) {
    return answer(command, true);
  }

  @Override
  public byte[] query(ByteBuffer query) {
    return answer(query, false);
  }

  private byte[] answer(ByteBuffer command, boolean mayChange) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(command.duplicate()).toString();
    } catch (CharacterCodingException e) {
      return utf8("ERR not UTF-8");
    }
    return utf8(execute(text.split(" ", 3), mayChange));
  }

  private String execute(String[] words, boolean mayChange) {
    if (words.length < 2 || words[1].isEmpty()) {
      return USAGE;
    }
    boolean valued = words.length == 3;
    return switch (words[0]) {
      case "GET" -> valued ? USAGE : entries.getOrDefault(words[1], NIL);
      case "SET" -> !valued ? USAGE : mayChange ? set(words[1], words[2]) : "ERR not a query";
      case "DEL" -> valued ? USAGE : mayChange ? delete(words[1]) : "ERR not a query";
      default -> USAGE;
    };
  }

  private String set(String key, String value) {
    if (entries.size() >= maxEntries && !entries.containsKey(key)) {
      return "ERR full";
    }
    delete(key);
    entries.put(key, value);
    hash += entryHash(key, value);
    return OK;
  }

  private String delete(String key) {
    String old = entries.remove(key);
    if (old == null) {
      return NIL;
    }
    hash -= entryHash(key, old);
    return OK;
  }

  private static long entryHash(String key, String value) {
    return StateHashes.finish(
        StateHashes.add(StateHashes.add(StateHashes.SEED, utf8(key)), utf8(value)));
  }

  /** Entries in the order of their keys: equal states make equal bytes. */
  @Override
  public void snapshot(OutputStream target) throws IOException {
    DataOutputStream out = new DataOutputStream(target);
    out.writeInt(FORMAT);
    out.writeInt(entries.size());
    for (Map.Entry<String, String> entry : new TreeMap<>(entries).entrySet()) {
      writeText(out, entry.getKey());
      writeText(out, entry.getValue());
    }
    out.flush();
  }

  /** Leaves the state as it was when the snapshot cannot be read. */
  @Override
  public void restore(InputStream source) throws IOException {
    DataInputStream in = new DataInputStream(source);
    int format = in.readInt();
    if (format != FORMAT) {
      throw new IOException("snapshot format " + format + ", this version reads " + FORMAT);
    }
    int count = in.readInt();
    if (count < 0 || count > maxEntries) {
      throw new IOException("snapshot of " + count + " entries; the bound is " + maxEntries);
    }
    Map<String, String> restored = new HashMap<>();
    long restoredHash = 0;
    for (int i = 0; i < count; i++) {
      String key = readText(in);
      String value = readText(in);
      if (restored.put(key, value) != null) {
        throw new IOException("snapshot with a key twice");
      }
      restoredHash += entryHash(key, value);
    }
    entries = restored;
    hash = restoredHash;
  }

  private static void writeText(DataOutputStream out, String text) throws IOException {
    byte[] bytes = utf8(text);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String readText(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0) {
      throw new IOException("snapshot with a text of " + length + " bytes");
    }
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("snapshot ends in a text");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** The sum over the entries: the order of arrival does not matter. */
  @Override
  public long stateHash() {
    return hash;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
