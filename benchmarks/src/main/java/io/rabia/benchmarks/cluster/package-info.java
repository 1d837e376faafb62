/** Whole clusters of three processes under load, beside those of other libraries. */
@NullMarked
package io.rabia.benchmarks.cluster;

import org.jspecify.annotations.NullMarked;
