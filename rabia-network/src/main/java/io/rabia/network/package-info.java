/** The transports between members: TCP with Netty, and one inside a process. */
@NullMarked
package io.rabia.network;

import org.jspecify.annotations.NullMarked;
