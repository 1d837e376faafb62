package io.rabia.testing.conformance;

import io.rabia.core.persistence.Persistence;
import io.rabia.persistence.InMemoryPersistence;

class InMemoryPersistenceConformanceTest extends PersistenceConformance {
  @Override
  protected Persistence create() {
    return new InMemoryPersistence();
  }

  @Override
  protected Persistence afterProcessDeath() {
    return new InMemoryPersistence();
  }
}
