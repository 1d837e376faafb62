package io.rabia.testing.mutant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.InvariantViolation;
import io.rabia.core.Quorum;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

class SourceMutantTest {
  private static final String FILE = "io/rabia/core/Quorum.java";

  /** Says what a quorum of three is. */
  public static final class ThreeNeedTwo implements Callable<Integer> {
    @Override
    public Integer call() {
      InvariantViolation.check(Quorum.size(3) == 2, "a quorum of 3 is " + Quorum.size(3));
      return 2;
    }
  }

  /** Fails otherwise than by an invariant. */
  public static final class Broken implements Callable<Integer> {
    @Override
    public Integer call() {
      throw new UnsupportedOperationException("not a violation");
    }
  }

  private static final SourceMutant WRONG =
      SourceMutant.of("all are a quorum", FILE, "return n / 2 + 1;", "return n;");

  @Test
  void checkSeesTheChangedClass() {
    assertThat(WRONG.run(ThreeNeedTwo.class)).contains("a quorum of 3 is 3");
    assertThat(Quorum.size(3)).isEqualTo(2);
  }

  @Test
  void changeWithoutEffectIsNotFound() {
    SourceMutant harmless = SourceMutant.of("same", FILE, "return n / 2 + 1;", "return 1 + n / 2;");

    assertThat(harmless.run(ThreeNeedTwo.class)).isEmpty();
  }

  @Test
  void textThatIsNotExactlyOnceInTheSourceIsRefused() {
    assertThatThrownBy(
            () -> SourceMutant.of("absent", FILE, "no such text", "").run(ThreeNeedTwo.class))
        .hasMessageContaining("not exactly once");
    assertThatThrownBy(() -> SourceMutant.of("twice", FILE, "int n", "").run(ThreeNeedTwo.class))
        .hasMessageContaining("not exactly once");
  }

  @Test
  void changeThatDoesNotCompileIsRefused() {
    assertThatThrownBy(
            () ->
                SourceMutant.of("broken", FILE, "return n / 2 + 1;", "return;")
                    .run(ThreeNeedTwo.class))
        .hasMessageContaining("does not compile");
  }

  @Test
  void checkThatBreaksIsNotTakenForOneThatFound() {
    assertThatThrownBy(() -> WRONG.run(Broken.class)).hasMessageContaining("broke the check");
  }
}
