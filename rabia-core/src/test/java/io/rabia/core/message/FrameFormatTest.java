package io.rabia.core.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.Golden;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What members say to each other and write into their logs, as releases have. */
class FrameFormatTest {

  private static String name(int index, Message message) {
    return index + " " + message.getClass().getSimpleName();
  }

  @Test
  void aHeaderAndMessagesOfEveryKind() {
    Map<String, byte[]> parts = new LinkedHashMap<>();
    ByteBuffer header = ByteBuffer.allocate(FrameHeader.SIZE);
    FrameHeader.write(header, 1, 3, 2, 4);
    parts.put("header", header.array());
    List<Message> messages = Samples.all();
    for (int i = 0; i < messages.size(); i++) {
      parts.put(name(i, messages.get(i)), Samples.encoded(messages.get(i)));
    }
    Golden.assertUnchanged("frame", FrameHeader.VERSION, parts);

    Map<String, byte[]> golden = Golden.read("frame", FrameHeader.VERSION);
    ByteBuffer read = ByteBuffer.wrap(golden.get("header"));
    FrameHeader.validate(read);
    assertThat(FrameHeader.epoch(read)).isEqualTo(1);
    assertThat(FrameHeader.logPosition(read)).isEqualTo(4);
    for (int i = 0; i < messages.size(); i++) {
      MessageCollector collector = new MessageCollector();
      MessageCodec.read(ByteBuffer.wrap(golden.get(name(i, messages.get(i)))), collector);
      assertThat(collector.messages()).containsExactly(messages.get(i));
    }
  }

  @Test
  void theJsonFormOfEveryMessage() {
    Map<String, byte[]> parts = new LinkedHashMap<>();
    List<Message> messages = Samples.all();
    for (int i = 0; i < messages.size(); i++) {
      parts.put(name(i, messages.get(i)), Serializer.json().serialize(messages.get(i)));
    }
    Golden.assertUnchanged("message-json", JsonSerializer.VERSION, parts);
    Map<String, byte[]> golden = Golden.read("message-json", JsonSerializer.VERSION);
    for (int i = 0; i < messages.size(); i++) {
      assertThat(Serializer.json().deserialize(golden.get(name(i, messages.get(i)))))
          .isEqualTo(messages.get(i));
    }
  }
}
