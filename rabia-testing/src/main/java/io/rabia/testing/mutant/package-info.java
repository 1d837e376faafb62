/**
 * Planted bugs: production sources changed in one place, compiled in memory, to see the checkers
 * find them.
 */
@NullMarked
package io.rabia.testing.mutant;

import org.jspecify.annotations.NullMarked;
