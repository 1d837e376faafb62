/** Programs that run real clusters and say what happened. */
@NullMarked
package io.rabia.examples;

import org.jspecify.annotations.NullMarked;
