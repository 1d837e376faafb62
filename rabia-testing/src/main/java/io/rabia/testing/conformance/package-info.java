/**
 * What every {@link io.rabia.core.transport.Transport} and {@link
 * io.rabia.core.persistence.Persistence} owes to its engine, as JUnit 5 classes to be extended by
 * the tests of an implementation. Needs {@code org.junit.jupiter:junit-jupiter-api}, which whoever
 * runs the kit has and nobody else gets.
 */
@NullMarked
package io.rabia.testing.conformance;

import org.jspecify.annotations.NullMarked;
