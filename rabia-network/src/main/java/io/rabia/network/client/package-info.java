/** The remote client of any state machine. */
@NullMarked
package io.rabia.network.client;

import org.jspecify.annotations.NullMarked;
