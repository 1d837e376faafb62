/** Logs of a member's own promises: in memory, and in files that survive crashes. */
@NullMarked
package io.rabia.persistence;

import org.jspecify.annotations.NullMarked;
