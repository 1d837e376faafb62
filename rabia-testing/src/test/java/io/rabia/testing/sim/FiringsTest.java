package io.rabia.testing.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A campaign in which a fault never struck is not taken for a proof that it is survived. */
@Tag("fault-injection")
class FiringsTest {
  private static final Set<Fault> NETWORK = EnumSet.of(Fault.DROP, Fault.DELAY);

  private final Firings firings = new Firings(EnumSet.of(Fault.DROP, Fault.DELAY, Fault.CRASH));

  @Test
  void whatOneRunDrawsMustStrikeInThatOneOrAnother() {
    firings.add(NETWORK, EnumSet.of(Fault.DROP));
    assertThat(firings.lacks()).isEqualTo("never fired in any run: [DELAY]");
    firings.add(EnumSet.of(Fault.DELAY), EnumSet.of(Fault.DELAY));
    assertThat(firings.lacks()).isNull();
  }

  @Test
  void fewRunsNeedNotDrawEveryFaultAndManyMust() {
    for (int run = 1; run < 100; run++) {
      firings.add(NETWORK, NETWORK);
    }
    assertThat(firings.lacks()).isNull();
    firings.add(NETWORK, NETWORK);
    assertThat(firings.lacks()).isEqualTo("never fired in any run: [CRASH]");
  }

  @Test
  void campaignWithoutSuchAFaultIsInvalid() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    String[] tooShort = {"--seeds", "1..2", "--seconds", "1", "--faults", "PARTITION"};

    int exit = RabiaSim.run(tooShort, out, out);

    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .contains("campaign INVALID never fired in any run: [PARTITION]");
    assertThat(exit).isEqualTo(1);
  }
}
