/** Whole clusters in one thread and in virtual time, under faults, checked after every step. */
@NullMarked
package io.rabia.testing.sim;

import org.jspecify.annotations.NullMarked;
