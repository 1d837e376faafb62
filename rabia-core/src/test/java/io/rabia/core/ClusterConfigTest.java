package io.rabia.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterConfigTest {

  @Test
  void parsesMembersInTheirOrder() {
    ClusterConfig config = ClusterConfig.parse("3=h3:7103, 1=[::1]:7101,2=127.0.0.1:7102");
    assertThat(config.members())
        .extracting(m -> m.id().value() + "@" + m.host() + "@" + m.port())
        .containsExactly("3@h3@7103", "1@[::1]@7101", "2@127.0.0.1@7102");
    assertThat(config.member(NodeId.of(2))).hasValue(config.members().get(2));
    assertThat(config.member(NodeId.of(9))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "1=",
        "1=h",
        "1=h:",
        "1=:7101",
        "=h:1",
        "x=h:1",
        "1=h:x",
        "1=h:70000",
        "1=h:-1",
        "1= :1",
        "1=h:1,",
        "1=h:1,1=g:2",
        "1=h:1;2=g:2",
        "1=h:1 2=g:2",
        "1=::1:7101",
        "0=h:1",
        "99999999999=h:1"
      })
  void refusesWhatIsNoMemberList(String list) {
    assertThatExceptionOfType(RabiaException.Validation.class)
        .isThrownBy(() -> ClusterConfig.parse(list));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7, 4097})
  void refusesAWindowOutsideItsLimits(int alpha) {
    assertThatExceptionOfType(RabiaException.Validation.class)
        .isThrownBy(() -> ClusterConfig.builder().members("1=h:1").alpha(alpha).build());
  }

  @Test
  void refusesABlankName() {
    assertThatExceptionOfType(RabiaException.Validation.class)
        .isThrownBy(() -> ClusterConfig.builder().members("1=h:1").name(" ").build());
  }

  @Test
  void refusesAHostNameThatNoMessageHolds() {
    ClusterConfig.builder().member(NodeId.of(1), "h".repeat(255), 1).build();
    assertThatExceptionOfType(RabiaException.Validation.class)
        .isThrownBy(() -> ClusterConfig.builder().member(NodeId.of(1), "h".repeat(256), 1));
  }

  @Test
  void refusesMoreThan64Members() {
    ClusterConfig.Builder builder = ClusterConfig.builder();
    for (int id = 1; id <= 64; id++) {
      builder.member(NodeId.of(id), "h", id);
    }
    assertThat(builder.build().members()).hasSize(64);
    builder.member(NodeId.of(65), "h", 65);
    assertThatExceptionOfType(RabiaException.Validation.class).isThrownBy(builder::build);
  }

  @Test
  void keepsTheSecretOutOfItsText() {
    byte[] secret = "correct horse".getBytes(StandardCharsets.UTF_8);
    ClusterConfig config = ClusterConfig.builder().members("1=h:1").secret(secret).build();
    assertThat(config.secret()).isEqualTo(secret);
    assertThat(config.toString()).contains("secret=***").doesNotContain("correct", "horse");
  }

  @Test
  void isNotChangedThroughTheArrayOfItsSecret() {
    ClusterConfig config = ClusterConfig.builder().members("1=h:1").secret(new byte[] {1}).build();
    config.secret()[0] = 2;
    assertThat(config.secret()).containsExactly(1);
  }
}
