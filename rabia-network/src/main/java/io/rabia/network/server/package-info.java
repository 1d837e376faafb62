/** Ports to clients: of any state machine, and what other protocols' ports are made of. */
@NullMarked
package io.rabia.network.server;

import org.jspecify.annotations.NullMarked;
