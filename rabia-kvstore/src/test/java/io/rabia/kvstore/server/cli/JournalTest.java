package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JournalTest {
  @TempDir private Path directory;

  private Path file() {
    return directory.resolve("journal");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void allowsTheLastAcknowledgedValueAndWhatWasSentAfterIt() throws IOException {
    try (Journal journal = Journal.append(file())) {
      for (String value : new String[] {"1", "2"}) {
        journal.sending(bytes("k"), bytes(value));
        journal.acknowledged(bytes("k"), bytes(value));
      }
      journal.sending(bytes("k"), bytes("3"));
      journal.sending(bytes("never"), bytes("x"));
    }
    Journal.Content content = Journal.read(file());
    assertThat(content.acknowledged()).isEqualTo(2);
    Journal.Expected expected = content.keys().get("k");
    assertThat(expected.required()).isTrue();
    assertThat(expected.allows("1")).isFalse();
    assertThat(expected.allows("2")).isTrue();
    assertThat(expected.allows("3")).isTrue();
    assertThat(content.keys().get("never").required()).isFalse();
  }

  @Test
  void forgetsWhatWasGivenUpOnceTheSameClientHasWrittenTheKeyAgain() throws IOException {
    try (Journal journal = Journal.append(file())) {
      journal.sending(bytes("k"), bytes("lost"));
      journal.sending(bytes("k"), bytes("2"));
      journal.acknowledged(bytes("k"), bytes("2"));
    }
    assertThat(Journal.read(file()).keys().get("k").allows("lost")).isFalse();
  }

  @Test
  void keepsWhatAnEarlierRunGaveUpAsPossible() throws IOException {
    try (Journal journal = Journal.append(file())) {
      journal.sending(bytes("k"), bytes("lost"));
    }
    try (Journal journal = Journal.append(file())) {
      journal.sending(bytes("k"), bytes("2"));
      journal.acknowledged(bytes("k"), bytes("2"));
    }
    Journal.Expected expected = Journal.read(file()).keys().get("k");
    assertThat(expected.allows("lost")).isTrue();
    assertThat(expected.allows("2")).isTrue();
    assertThat(expected.allows("3")).isFalse();
  }

  @Test
  void leavesOutALineThatWasCutOffAndGoesOnBehindIt() throws IOException {
    try (Journal journal = Journal.append(file())) {
      journal.acknowledged(bytes("k"), bytes("whole"));
    }
    Files.writeString(file(), "+ k cut-o", StandardOpenOption.APPEND);
    assertThat(Journal.read(file()).acknowledged()).isEqualTo(1);
    try (Journal journal = Journal.append(file())) {
      journal.acknowledged(bytes("other"), bytes("v"));
    }
    Journal.Content content = Journal.read(file());
    assertThat(content.keys().get("other").allows("v")).isTrue();
  }

  @Test
  void isInTheFileOnceItIsFlushed() throws IOException {
    try (Journal journal = Journal.append(file())) {
      journal.acknowledged(bytes("k"), bytes("v".repeat(200_000)));
      journal.flush();
      assertThat(Journal.read(file()).acknowledged()).isEqualTo(1);
    }
  }

  @Test
  void takesEmptyValues() throws IOException {
    try (Journal journal = Journal.append(file())) {
      journal.acknowledged(bytes("k"), bytes(""));
    }
    assertThat(Journal.read(file()).keys().get("k").allows("")).isTrue();
  }
}
