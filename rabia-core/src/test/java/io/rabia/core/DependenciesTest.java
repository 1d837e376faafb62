package io.rabia.core;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class DependenciesTest {

  @Test
  void bringsWhatItsListSaysToThoseWhoEmbedIt() throws IOException {
    Dependencies.assertAsListed();
  }
}
