/** A member of another library's cluster, for the comparison. */
@NullMarked
package io.rabia.benchmarks.aeron;

import org.jspecify.annotations.NullMarked;
