/** Checks that what clients saw of a replicated object could have happened in some order. */
@NullMarked
package io.rabia.testing.linearizability;

import org.jspecify.annotations.NullMarked;
