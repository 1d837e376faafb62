/** Leadership and coordination for applications; the protocol itself has no leader. */
@NullMarked
package io.rabia.leader;

import org.jspecify.annotations.NullMarked;
