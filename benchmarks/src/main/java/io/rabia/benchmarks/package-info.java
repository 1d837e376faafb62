/** Microbenchmarks: each measures what a running node uses, and checks that the work was done. */
@NullMarked
package io.rabia.benchmarks;

import org.jspecify.annotations.NullMarked;
