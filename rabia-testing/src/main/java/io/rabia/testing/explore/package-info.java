/** Exhaustive and bounded exploration of the production protocol. */
@NullMarked
package io.rabia.testing.explore;

import org.jspecify.annotations.NullMarked;
