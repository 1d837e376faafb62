package io.rabia.leader;

import io.rabia.core.Dependencies;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class DependenciesTest {

  @Test
  void bringsWhatItsListSaysToThoseWhoEmbedIt() throws IOException {
    Dependencies.assertAsListed();
  }
}
