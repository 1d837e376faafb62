/**
 * Tests of replicated state machines: clusters of real engines in one process, under faults. {@link
 * io.rabia.testing.ConsensusTestHarness} tries a state machine of one's own, {@link
 * io.rabia.testing.TestCluster} is for everything else.
 */
@NullMarked
package io.rabia.testing;

import org.jspecify.annotations.NullMarked;
